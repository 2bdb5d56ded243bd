//! TLS 1.3 with raw public keys, as the document wants it or with a key that it does not want.

use crate::folder::public;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// In front of an Ed25519 key in a SubjectPublicKeyInfo, as RFC 8410 has it.
const PUBLIC: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];
/// In front of an Ed25519 seed in PKCS #8.
const PRIVATE: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];

/// What is shown to a replica.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Show {
    /// The key with this seed.
    Key([u8; 32]),
    /// Somebody's public key, with signatures of another: the secret is not at hand.
    Stolen { public: [u8; 32], seed: [u8; 32] },
    /// No key at all.
    Nothing,
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256,
            aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![aws_lc_rs::kx_group::X25519MLKEM768],
        ..aws_lc_rs::default_provider()
    }
}

fn certified(public: [u8; 32], seed: [u8; 32]) -> Result<Arc<CertifiedKey>, Error> {
    let encoded = [&PRIVATE[..], &seed].concat();
    let signer = aws_lc_rs::sign::any_supported_type(&PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(encoded)))?;
    let certificate = CertificateDer::from([&PUBLIC[..], &public].concat());
    Ok(Arc::new(CertifiedKey::new(vec![certificate], signer)))
}

/// For dialling the replica with this transport key.
pub(crate) fn config(show: Show, expected: [u8; 32]) -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(provider());
    let verifier = Arc::new(Only { expected, provider: provider.clone() });
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let builder = builder.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(verifier);
    let key = match show {
        Show::Key(seed) => Some((public(&seed), seed)),
        Show::Stolen { public, seed } => Some((public, seed)),
        Show::Nothing => None,
    };
    let mut config = match key {
        Some((public, seed)) => {
            let key = certified(public, seed).map_err(io::Error::other)?;
            builder.with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key)))
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"synod/1".to_vec()];
    config.enable_sni = false;
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The library wants a name; none is sent.
pub(crate) fn nobody() -> ServerName<'static> {
    ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Accepts one key.
#[derive(Debug)]
struct Only {
    expected: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if more.is_empty() && certificate.as_ref() == [&PUBLIC[..], &self.expected].concat() {
            return Ok(ServerCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(certificate.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
