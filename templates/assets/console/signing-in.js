// Where something waits that was typed before (kept.js): the next page of the console that this tab shows is one straight
// after signing in, by whichever way.
"use strict";
if (sessionStorage.getItem("omroeper.kept")) sessionStorage.setItem("omroeper.signing-in", "1");
