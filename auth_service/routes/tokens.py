"""`/protected`, `/.well-known/jwks.json` and, for the other services, `/revoked-tokens`."""

from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Response, jsonify, request

from auth_service.issued_tokens import revoked_and_unexpired
from auth_service.session_schemas import Identity, JsonWebKeySet
from auth_service.tokens import signing_keys
from common.authentication import Authentication, ServiceBlueprint, caller
from common.internal_paths import REVOKED_TOKENS_PATH
from common.route_details import RouteDetails
from common.schemas import Message
from common.tokens import ALGORITHM

JWKS_MAX_AGE_SECONDS = 60

blueprint = ServiceBlueprint("tokens", __name__, authentication=Authentication.TOKEN, tag="Sessions")
key_set_blueprint = ServiceBlueprint(
    "key_set", __name__, authentication=Authentication.PUBLIC, tag="Sessions"
)
feed_blueprint = ServiceBlueprint("revoked_tokens", __name__, authentication=Authentication.PUBLIC)


@blueprint.get("/protected", responses={200: Identity, 400: Message, 401: Message})
def protected() -> dict[str, str]:
    """Say who the token belongs to."""
    return {"logged_in_as": caller().username}


@key_set_blueprint.get(
    "/.well-known/jwks.json",
    responses={200: JsonWebKeySet, 400: Message},
    details=RouteDetails(headers={200: ("Cache-Control",)}),
)
def key_set() -> Response:
    """Publish the public keys (RFC 7517).

    Another program checks a token with the key that the token's `kid` names. A new key stands here before it
    signs.
    """
    response = jsonify(keys=[_json_web_key(kid, key) for kid, key in signing_keys().published().items()])
    response.headers["Cache-Control"] = f"public, max-age={JWKS_MAX_AGE_SECONDS}"
    return response


@feed_blueprint.get(REVOKED_TOKENS_PATH, doc_ui=False)
def revoked_tokens() -> Response:
    """List the revoked tokens that have not expired; only to who does not have the list as it is."""
    response = jsonify(token_ids=revoked_and_unexpired())
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _json_web_key(kid: str, key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": ALGORITHM,
        "kid": kid,
        "n": _base64url_uint(numbers.n),
        "e": _base64url_uint(numbers.e),
    }


def _base64url_uint(number: int) -> str:
    """Write a number as RFC 7518, section 2, has it."""
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
