"""A provider of OpenID Connect in a process of its own (authlib and flask): asks for PKCE and a client's signed
assertion, and signs id tokens. Whoever comes to sign in is let in at once. It can be told to lie.

    python -m tests.oidc_provider          # prints its port

`POST /told {"client_id": …, "redirect_uri": …, "jwks_uri": …, "person": …}` says who its client is and who
signs in next; `{"lies": {"claims": {…}, "alg": …, "foreign": true, "rotate": true, "iss": …}}` how
the next id token is made.
"""

import base64
import hmac
import json
import logging
import os
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Error, grants
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

app = Flask("provider")
told: dict[str, Any] = {"person": "s-1", "lies": {}}
codes: dict[str, "Code"] = {}
seen: set[str] = set()
keys = {"own": RSAKey.generate_key(2048, {"kid": "k1"}), "foreign": RSAKey.generate_key(2048, {"kid": "k1"})}


@dataclass
class Client:
    """The hub."""

    client_id: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return str(told["redirect_uri"])

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == told["redirect_uri"]

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "private_key_jwt"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code:
    """A code that was handed out, once."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: str
    at: float = field(default_factory=time.time)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        codes[code] = Code(
            code, request.client.client_id, asked["redirect_uri"], asked["scope"], asked["nonce"],
            asked["code_challenge"], asked["code_challenge_method"], request.user,
        )  # fmt: skip

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    CLIENT_AUTH_METHOD = "private_key_jwt"

    def get_audiences(self) -> list[str]:
        return [f"{told['issuer']}/token"]

    def validate_jti(self, claims: dict[str, Any], jti: str) -> bool:
        if jti in seen:
            return False
        seen.add(jti)
        return True

    def resolve_client_public_key(self, client: Client) -> Any:
        with urllib.request.urlopen(told["jwks_uri"], timeout=10) as answer:
            return KeySet.import_key_set(json.load(answer))

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        token = jwt.decode(assertion, resolve_key, algorithms=["PS256"])
        self.verify_claims(token.claims)
        return token.claims


class IdToken(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in codes.values())

    def encode_id_token(self, token: Any, request: Any) -> str:
        lies, now = told.pop("lies", {}), int(time.time())
        told["lies"] = {}
        claims = {
            "iss": told["issuer"], "aud": request.client.client_id, "sub": request.user,
            "iat": now, "exp": now + 300, "nonce": request.authorization_code.nonce,
        }  # fmt: skip
        claims |= lies.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        if lies.get("alg") in ("none", "HS256"):
            return _badly_signed({"alg": lies["alg"], "kid": keys["own"].kid}, claims)
        if lies.get("rotate"):
            keys["own"] = RSAKey.generate_key(2048, {"kid": f"{keys['own'].kid}+"})
        key = keys["foreign" if lies.get("foreign") else "own"]
        header = {"alg": lies.get("alg", "PS256"), "kid": lies.get("kid", keys["own"].kid)}
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def _badly_signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """By nobody; or with the public key, as if that were a secret between us (RFC 8725, section 2.1)."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signed = b".".join(parts)
    tag = hmac.digest(keys["own"].as_pem(private=False), signed, "sha256") if header["alg"] == "HS256" else b""
    return (signed + b"." + base64.urlsafe_b64encode(tag).rstrip(b"=")).decode()


def _client(client_id: str) -> Client | None:
    return Client(client_id) if client_id == told["client_id"] else None


server = AuthorizationServer(app, query_client=_client, save_token=lambda *_: None)
server.register_client_auth_method("private_key_jwt", Assertion())
server.register_grant(CodeGrant, [IdToken(require_nonce=True), CodeChallenge(required=True)])


@app.get("/.well-known/openid-configuration")
def about() -> Response:
    issuer = told["issuer"]
    return jsonify({
        "issuer": told.get("says_issuer") or issuer, "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["PS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"], "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    })  # fmt: skip


@app.get("/keys")
def own_keys() -> Response:
    told["keys_asked"] = told.get("keys_asked", 0) + 1
    return jsonify({"keys": [keys["own"].as_dict(private=False)]})


@app.get("/authorize")
def authorize() -> Any:
    if told.get("refuses"):
        back = f"{told['redirect_uri']}?error=access_denied&state={request.args['state']}&iss={told['issuer']}"
        return Response(status=302, headers={"Location": back})
    try:
        grant = server.get_consent_grant(end_user=told["person"])
    except OAuth2Error as error:
        return Response(str(error), 400)
    answer = server.create_authorization_response(grant_user=told["person"], grant=grant)
    answer.headers["Location"] += f"&iss={told['issuer']}"
    return answer


@app.post("/token")
def token() -> Any:
    return server.create_token_response()


@app.post("/told")
def tell() -> Response:
    told.update(request.get_json())
    return jsonify({name: told.get(name) for name in ("keys_asked",)})


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    told["issuer"] = f"http://127.0.0.1:{listening.port}"
    sys.stdout.write(f"{listening.port}\n")
    sys.stdout.flush()
    listening.serve_forever()


if __name__ == "__main__":
    main()
