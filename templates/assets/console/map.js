// Areas on a map without tiles, and the support points in them. A map with `data-boxes` chooses: what is pressed there,
// ticks or clears the box of that name and value in the same page, and shows what the boxes say; the boxes are the truth.
// One with `data-marked` only shows; with `data-states` its points look as the list of that selector says of each: filled
// when open, hollow when not, a heavy ring where something is wrong; and the list may change. What is chosen is hatched and its name has a tick: seen in greyscale as well.
"use strict";
(() => {
  const HATCH = "map-hatch", SVG = "http://www.w3.org/2000/svg";
  const LOOKS = {
    on: { fillColor: `url(#${HATCH})`, fillOpacity: 1, color: "#16161d", weight: 3 },
    off: { fillColor: "#ffffff", fillOpacity: 0.7, color: "#545b67", weight: 1.5 },
  };
  const made = (name, attributes) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const hatch = () => {
    const pattern = made("pattern", { id: HATCH, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    pattern.append(made("rect", { width: 8, height: 8, fill: "#ffffff" }), made("rect", { width: 3, height: 8, fill: "#545b67" }));
    const defs = made("defs", {});
    defs.append(pattern);
    return defs;
  };
  const named = text => { const node = document.createElement("span"); node.textContent = text; return node; };

  // One place in the order of Tab for all of them, and the arrows between them, as in any group of choices.
  const walk = paths => {
    paths.forEach((path, n) => {
      path.setAttribute("tabindex", n ? "-1" : "0");
      path.addEventListener("keydown", event => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = paths[(n + step + paths.length) % paths.length];
        path.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      });
    });
  };

  // The points as a list elsewhere in the page says that they stand, now and when it is made anew.
  const follow = (points, list) => {
    const show = () => points.forEach(([id, name, marker]) => {
      const item = document.querySelector(`${list} [data-point="${CSS.escape(id)}"]`);
      const state = (item?.dataset.state || "").split(" ");
      const wrong = state.includes("wrong");
      marker.setRadius(wrong ? 10 : 8).setStyle({ fillColor: state.includes("open") ? "#16161d" : "#ffffff", color: wrong ? "#9d1c2b" : "#16161d", weight: wrong ? 5 : 2 });
      const said = item?.querySelector(".openness")?.textContent;
      marker.unbindTooltip().bindTooltip(named(said ? `${name}: ${said}` : name), { className: "map__point", permanent: true, direction: "right", offset: [10, 0] });
    });
    show();
    document.body.addEventListener("htmx:afterSettle", show);
  };
  // Leaflet is larger than the rest of a page together: it comes after all that people read.
  const leaflet = source => new Promise((loaded, failed) => {
    const script = Object.assign(document.createElement("script"), { src: source, onload: loaded, onerror: failed });
    document.head.append(script);
  });

  const draw = async frame => {
    const answer = await fetch(frame.dataset.map).catch(() => null);
    if (!answer?.ok || answer.redirected) return; // no line, or signed out: the names beside it are all that is needed
    const { features } = await answer.json();
    frame.hidden = false;
    const chooses = "boxes" in frame.dataset;
    const map = L.map(frame, {
      attributionControl: false, zoomControl: false, keyboard: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false,
      dragging: !L.Browser.mobile, zoomSnap: 0.25, renderer: L.svg({ padding: 0.5 }),
      zoomAnimation: false, fadeAnimation: false, inertia: false,
    });
    L.control.zoom({ position: "topright", zoomInTitle: frame.dataset.in, zoomOutTitle: frame.dataset.out }).addTo(map);
    const box = id => document.querySelector(`input[name="${CSS.escape(frame.dataset.boxes)}"][value="${CSS.escape(id)}"]`);
    const marked = new Set((frame.dataset.marked || "").split(" "));
    const isOn = id => chooses ? Boolean(box(id)?.checked) : marked.has(id);
    const kind = feature => feature.properties.kind;

    const areas = new Map();
    const drawn = L.geoJSON({ type: "FeatureCollection", features: features.filter(one => kind(one) === "area") }, {
      interactive: chooses,
      style: () => LOOKS.off,
      onEachFeature: (feature, layer) => areas.set(feature.id, { layer, name: feature.properties.name }),
    });
    if (!areas.size) { frame.hidden = true; return; }
    map.fitBounds(drawn.getBounds(), { padding: [16, 16] });
    map.setMinZoom(map.getZoom() - 1);
    drawn.addTo(map);
    frame.querySelector("svg").prepend(hatch());
    const ground = features.filter(one => kind(one) === "point").map(({ geometry: { coordinates: [east, north] }, properties }) =>
      L.circleMarker([north, east], { radius: 5, color: "#16161d", weight: 2, fillColor: "#ffdd00", fillOpacity: 1 })
        .bindTooltip(named(properties.name), { className: "map__point" }).addTo(map));
    ground.forEach(one => one.getElement().setAttribute("aria-hidden", "true"));
    if (frame.dataset.states) follow(features.filter(one => kind(one) === "point").map((one, n) => [one.id, one.properties.name, ground[n]]), frame.dataset.states);

    const show = () => {
      for (const [id, { layer, name }] of areas) {
        const on = isOn(id);
        layer.setStyle(on ? LOOKS.on : LOOKS.off);
        layer.unbindTooltip().bindTooltip(named(name), { permanent: true, direction: "center", className: on ? "map__name map__name--on" : "map__name" });
        const path = layer.getElement();
        path.removeAttribute("aria-describedby");
        if (chooses) path.setAttribute("aria-checked", String(on));
      }
    };
    if (chooses) {
      const order = [...areas].filter(([id]) => box(id));
      for (const [id, { layer, name }] of order) {
        const path = layer.getElement(), press = () => box(id).click();
        path.setAttribute("role", "checkbox");
        path.setAttribute("aria-label", name);
        layer.on("click", press);
        path.addEventListener("keydown", event => {
          if (event.key !== " " && event.key !== "Enter") return;
          event.preventDefault();
          press();
        });
      }
      walk(order.map(([, { layer }]) => layer.getElement()));
      for (const kind of ["change", "shown"]) document.addEventListener(kind, event => { if (event.target.name === frame.dataset.boxes) show(); });
    } else {
      frame.setAttribute("role", "group"); // no image: the buttons in it can be used
    }
    show();
    new ResizeObserver(() => { if (!frame.clientWidth) return; map.invalidateSize({ pan: false }); map.fitBounds(drawn.getBounds(), { padding: [16, 16], animate: false }); }).observe(frame);
  };
  const frames = [...document.querySelectorAll("[data-map]")];
  const style = source => new Promise(loaded => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: source, onload: loaded, onerror: loaded }));
  });
  const begin = () => Promise.all([leaflet(frames[0].dataset.leaflet), style(frames[0].dataset.style)]).then(() => frames.forEach(draw), () => {});
  if (!frames.length) return;
  if (document.readyState === "complete") begin(); else addEventListener("load", begin);
})();
