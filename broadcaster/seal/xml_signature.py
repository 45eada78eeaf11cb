"""CAP documents leave signed: an enveloped XML signature (W3C XML Signature 1.1), ECDSA with SHA-256 and the
certificate in it, as CAP 1.2 (section 3.3.4.1) allows and WMO's CAP Composer does it.

Apart from the keys: a relay and a display load those, and have no XML to read.
"""

from cryptography import x509
from lxml import etree
from lxml.etree import _Element as Element
from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from broadcaster.seal.cap_key import CapSigner
from broadcaster.seal.signature import SignatureError

_EXPECTED = SignatureConfiguration(
    location="./",
    signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


def signed(root: Element, signer: CapSigner) -> Element:
    """The document with its signature as last child; what is given stays as it is."""
    made = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
    )
    result: Element = made.sign(root, key=signer.key, cert=[signer.certificate])
    return result


def verified(document: bytes, certificate: x509.Certificate) -> Element:
    """What `certificate` signed of a document: trust this, and not what was given. SignatureError when it did not
    sign the whole of it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        result = XMLVerifier().verify(document, x509_cert=certificate, parser=parser, expect_config=_EXPECTED)
    except (SignXMLException, etree.XMLSyntaxError, ValueError) as error:
        raise SignatureError("not a document that this certificate signed") from error
    signed_xml = (result[0] if isinstance(result, list) else result).signed_xml
    assert signed_xml is not None  # a signature over the document itself has one
    return signed_xml
