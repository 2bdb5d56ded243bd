//! Mutual TLS 1.3 with raw Ed25519 public keys (RFC 7250) instead of certificates.
//!
//! A peer is the key it proved to hold, and nothing else: there are no names, authorities, dates, tickets or
//! resumption. The listening side accepts any key of its directory; the dialling side accepts exactly the key of whom
//! it dialled. Keys are agreed with X25519 and ML-KEM together: recorded traffic stays closed to later machines.

use super::peers::PeerDirectory;
use crate::files::SecretSeed;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, ServerConfig,
    SignatureScheme,
};
use std::sync::Arc;
use synod_kernel::ed25519::SecretKey;
use zeroize::Zeroizing;

const ALPN: &[u8] = b"synod/1";
/// What stands in front of an Ed25519 key in a SubjectPublicKeyInfo. [RFC 8410 §4]
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// What stands in front of an Ed25519 seed in PKCS #8. [RFC 8410 §7]
const PRIVATE_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A transport key, ready to be proved to peers.
#[derive(Clone, Debug)]
pub(crate) struct TlsIdentity {
    key: Arc<CertifiedKey>,
    provider: Arc<CryptoProvider>,
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

/// A public key as TLS sends it.
fn subject_public_key_info(key: &[u8; 32]) -> Vec<u8> {
    [&PUBLIC_PREFIX[..], key].concat()
}

/// The public key that a peer proved to hold, out of what TLS calls its certificates.
pub(crate) fn proved_key(certificates: Option<&[CertificateDer<'_>]>) -> Option<[u8; 32]> {
    let [certificate] = certificates? else { return None };
    let key = certificate.as_ref().strip_prefix(&PUBLIC_PREFIX)?;
    key.try_into().ok()
}

impl TlsIdentity {
    /// The identity with this transport key.
    pub(crate) fn new(seed: &SecretSeed) -> Self {
        let encoded = Zeroizing::new([&PRIVATE_PREFIX[..], &seed[..]].concat());
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(&encoded[..]));
        let signer = aws_lc_rs::sign::any_supported_type(&private).expect("any 32 bytes are an Ed25519 seed");
        let public = SecretKey::from_seed(seed).public().to_bytes();
        let public = CertificateDer::from(subject_public_key_info(&public));
        let key = Arc::new(CertifiedKey::new(vec![public], signer));
        Self { key, provider: Arc::new(provider()) }
    }

    /// For listening: accepts every key of `directory`.
    pub(crate) fn server(&self, directory: Arc<PeerDirectory>) -> Arc<ServerConfig> {
        let pinned = Arc::new(Pinned { accepted: Accepted::Directory(directory), provider: self.provider.clone() });
        let builder = ServerConfig::builder_with_provider(self.provider.clone());
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("the provider speaks TLS 1.3");
        let resolver = Arc::new(AlwaysResolvesServerRawPublicKeys::new(self.key.clone()));
        let mut config = builder.with_client_cert_verifier(pinned).with_cert_resolver(resolver);
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Arc::new(config)
    }

    /// For dialling: accepts exactly `expected`.
    pub(crate) fn client(&self, expected: [u8; 32]) -> Arc<ClientConfig> {
        let pinned = Arc::new(Pinned { accepted: Accepted::Exactly(expected), provider: self.provider.clone() });
        let builder = ClientConfig::builder_with_provider(self.provider.clone());
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("the provider speaks TLS 1.3");
        let resolver = Arc::new(AlwaysResolvesClientRawPublicKeys::new(self.key.clone()));
        let builder = builder.dangerous().with_custom_certificate_verifier(pinned);
        let mut config = builder.with_client_cert_resolver(resolver);
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = false;
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }
}

#[derive(Debug)]
enum Accepted {
    Directory(Arc<PeerDirectory>),
    Exactly([u8; 32]),
}

/// Accepts keys that are known, once the peer has proved to hold one.
#[derive(Debug)]
struct Pinned {
    accepted: Accepted,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn check(&self, certificate: &CertificateDer<'_>, more: &[CertificateDer<'_>]) -> Result<(), Error> {
        let key = if more.is_empty() { proved_key(Some(std::slice::from_ref(certificate))) } else { None };
        let key = key.ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let is_known = match &self.accepted {
            Accepted::Directory(directory) => directory.find(&key).is_some(),
            Accepted::Exactly(expected) => key == *expected,
        };
        let unknown = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
        if is_known { Ok(()) } else { Err(unknown) }
    }

    fn check_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(certificate.as_ref());
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
    }
}

fn only_tls13() -> Error {
    Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered)
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(certificate, more).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(certificate, more).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
