"""Parsers of secrets, keys and services."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from domain.tokens import Secret
from entrypoints.settings.invalid_settings import Malformed
from entrypoints.settings.secret_strength import MAKE_ONE, MAX_RSA_BITS, MIN_HS256_LENGTH, MIN_RSA_BITS, strong_secret
from entrypoints.settings.setting_values import EncryptionKey, Hs256Key, PublicKey, Scope, Service

T = TypeVar("T")

DEFAULT_KEY_ID = "default"
DEFAULT_SERVICE = "default"

MAKE_A_KEY = "make one with: tiktok-connect keys generate"
FORM_OF_SERVICES = "write each as name:secret[:scope+scope], with a secret e.g. from: openssl rand -hex 32"

WEBHOOK_SECRET, WEBHOOK_SECRET_BYTES = "whsec_", range(24, 65)
"""Prefix and length of a signing secret (Standard Webhooks, "Signature scheme")."""
MAKE_A_WEBHOOK_SECRET = "make one with: echo whsec_$(openssl rand -base64 32)"

NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
HEADER_SAFE = re.compile(r"[\x21-\x7e]+")

RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVE_ALGORITHMS = {"secp256r1": ("ES256",), "secp384r1": ("ES384",), "secp521r1": ("ES512",)}
ED25519_ALGORITHMS = ("Ed25519", "EdDSA")  # RFC 9864's name, and RFC 8037's that issuers still write


def listed(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A parser of a comma-separated list of what `parse` reads; an empty element is a fault."""

    def parse_list(value: str) -> tuple[T, ...]:
        elements = [element.strip() for element in value.split(",")]
        if not all(elements):
            raise Malformed("has an empty element", "remove the stray comma")
        return tuple(parse(element) for element in elements)

    return parse_list


def app_secret(value: str) -> Secret:
    """The developer app's. Raises Malformed."""
    return strong_secret(value, remedy="copy it from the app's page in TikTok's developer portal")


def authjs_secrets(value: str) -> tuple[Secret, ...]:
    """Those of the dashboard, newest first. Raises Malformed."""
    return listed(partial(strong_secret, remedy="copy the dashboard's own"))(value)


def header_secret(value: str, *, remedy: str = MAKE_ONE) -> Secret:
    """A secret that a caller can send in an Authorization header. Raises Malformed."""
    if not HEADER_SAFE.fullmatch(value):
        raise Malformed("holds characters that no header carries", "use printable ASCII without spaces")
    return strong_secret(value, remedy=remedy)


def encryption_key(value: str) -> EncryptionKey:
    """`id:64 hex`. Raises Malformed."""
    key_id, colon, material = value.partition(":")
    if not colon or not KEY_ID.fullmatch(key_id):
        raise Malformed("is not a list of id:key", MAKE_A_KEY)
    return EncryptionKey(key_id, _key_material(material))


def encryption_keys(value: str) -> tuple[EncryptionKey, ...]:
    """The keys, the sealing one first. Raises Malformed."""
    keys = listed(encryption_key)(value)
    if len({key.id for key in keys}) < len(keys):
        raise Malformed("uses one id for two keys", "give each key its own id: tokens remember which key sealed them")
    return keys


def dashboard_keys(value: str) -> tuple[Secret, ...]:
    """The keys by which the dashboard sealed tokens of its own. Raises Malformed."""
    return listed(partial(_key_material, remedy="copy the dashboard's own"))(value)


def webhook_secrets(value: str) -> tuple[Secret, ...]:
    """Those by which webhooks are signed, newest first. Raises Malformed."""
    return listed(_webhook_secret)(value)


def _webhook_secret(value: str) -> Secret:
    try:
        length = len(b64decode(value.removeprefix(WEBHOOK_SECRET), validate=True))
    except binascii.Error:
        length = 0
    if not value.startswith(WEBHOOK_SECRET) or length not in WEBHOOK_SECRET_BYTES:
        raise Malformed("holds a secret that is not whsec_ and 24 to 64 bytes as Base64", MAKE_A_WEBHOOK_SECRET)
    return strong_secret(value, remedy=MAKE_A_WEBHOOK_SECRET)


def lone_encryption_key(value: str) -> tuple[EncryptionKey, ...]:
    """TOKEN_ENCRYPTION_KEY: one key, under the id `default`. Raises Malformed."""
    return (EncryptionKey(DEFAULT_KEY_ID, _key_material(value)),)


def _key_material(value: str, *, remedy: str = MAKE_A_KEY) -> Secret:
    if not HEX_KEY.fullmatch(value):
        raise Malformed("holds a key that is not 64 hexadecimal digits", remedy)
    return strong_secret(value.lower(), remedy=remedy)


def service(value: str) -> Service:
    """`name:secret[:scope+scope]`, or a bare secret. Raises Malformed."""
    match value.split(":"):
        case [bare]:
            return Service.of(DEFAULT_SERVICE, _service_secret(bare), {Scope.VEND})
        case [name, token] if NAME.fullmatch(name):
            return Service.of(name, _service_secret(token), {Scope.VEND})
        case [name, token, scopes] if NAME.fullmatch(name):
            return Service.of(name, _service_secret(token), map(_scope, scopes.split("+")))
        case _:
            raise Malformed("is not a list of name:secret[:scope+scope]", "write each as name:secret or name:secret:vend+spend")


def _service_secret(value: str) -> Secret:
    return header_secret(value, remedy=FORM_OF_SERVICES)


def _scope(value: str) -> Scope:
    try:
        return Scope(value)
    except ValueError:
        raise Malformed("names an unknown scope", "the scopes are vend, spend and erase, joined by +") from None


def services(value: str) -> tuple[Service, ...]:
    """All services. Raises Malformed, also when one secret would name two of them."""
    parsed = listed(service)(value)
    if len({one.digest for one in parsed}) < len(parsed):
        raise Malformed("uses one secret twice", "give each service its own secret")
    return parsed


def jwt_key(value: str) -> Hs256Key | PublicKey:
    """An HS256 secret or a PEM public key, whose line breaks may be escaped. Raises Malformed."""
    if "-----BEGIN" in value:
        return _public_key(value.replace("\\n", "\n").strip())
    if value.startswith(("ssh-", "ecdsa-")):
        raise Malformed("is a public key in SSH's format", "convert it: ssh-keygen -e -m PKCS8")
    return Hs256Key(strong_secret(value, shortest=MIN_HS256_LENGTH))


def _public_key(pem: str) -> PublicKey:
    if "-----BEGIN PUBLIC KEY-----" not in pem:
        raise Malformed("is not a PEM public key", "give the issuer's public key (BEGIN PUBLIC KEY), never a private one")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise Malformed("is a PEM that can't be read", "copy it whole, its line breaks as they are or as \\n") from None
    if not (algorithms := signature_algorithms(key)):
        raise Malformed("is a key of an unsupported kind", "use RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519")
    return PublicKey(pem, algorithms)


def signature_algorithms(key: object) -> tuple[str, ...]:
    """Those that fit a public key of `cryptography`, by its type and size alone; none for a kind that is not accepted."""
    match key:
        case rsa.RSAPublicKey() if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return RSA_ALGORITHMS
        case ec.EllipticCurvePublicKey():
            return CURVE_ALGORITHMS.get(key.curve.name, ())
        case ed25519.Ed25519PublicKey():
            return ED25519_ALGORITHMS
        case _:
            return ()
