//! Certificates: given ones, and one made on the spot for the local network, where phones give neither camera nor keys to plain HTTP.

use crate::clock;
use crate::dates::civil;
use crate::failure::{Failure, Outcome};
use crate::keys;
use axum_server::tls_rustls::RustlsConfig;
use ledger::rules::DAY_MS;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

/// A local certificate is good for so many days: phones refuse more than 397.
const LOCAL_DAYS: u64 = 390;

/// Makes ring the one provider of cryptography for TLS.
pub fn install_provider() {
    // A second call, in one process, finds the same provider installed.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Reads a certificate chain and its key.
pub async fn read(cert: &Path, key: &Path) -> Outcome<RustlsConfig> {
    let config = RustlsConfig::from_pem_file(cert, key).await;
    let advice = "both have to be PEM files that belong together";
    config.map_err(|error| {
        Failure::new(format!("the certificate {} or its key {} cannot be used: {error}; {advice}", cert.display(), key.display()))
    })
}

/// The address of this machine in its local network: the one that a packet to the outside would leave from. None is sent.
pub fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).ok()?;
    socket.connect(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9))).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_unspecified())
}

/// A certificate for the local network, its key, and the authority that a phone can be told to trust; all PEM.
pub struct Local {
    /// The server's certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// The authority's certificate. Its key is thrown away: it signs this one certificate.
    pub authority: String,
}

/// Makes a certificate for these addresses.
pub fn make_local(addresses: &[IpAddr]) -> Outcome<Local> {
    made(addresses).map_err(|error| Failure::new(format!("no local certificate could be made: {error}")))
}

fn made(addresses: &[IpAddr]) -> Result<Local, rcgen::Error> {
    let mut names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    names.push("localhost".into());
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    authority.distinguished_name.push(DnType::CommonName, "Liard demo on this network");
    bound(&mut authority);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "Liard demo");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    bound(&mut server);
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;
    Ok(Local { certificate: certificate.pem(), key: key.serialize_pem(), authority: authority.pem() })
}

/// From yesterday, for phones whose clock is behind, for as long as phones accept.
fn bound(params: &mut CertificateParams) {
    let date = |time: u64| {
        let (year, month, day) = civil(time);
        date_time_ymd(year, month, day)
    };
    let now = clock::now_ms();
    params.not_before = date(now - DAY_MS);
    params.not_after = date(now + LOCAL_DAYS * DAY_MS);
}

/// The local certificate in a folder of secrets, made anew when the addresses are others.
pub fn local_in(secrets: &Path, addresses: &[IpAddr]) -> Outcome<Local> {
    let file = |name: &str| secrets.join(name);
    let named: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let read = |name: &str| std::fs::read_to_string(file(name)).ok();
    if read("lan-addresses") == Some(named.join("\n"))
        && let (Some(certificate), Some(key), Some(authority)) = (read("lan.pem"), read("lan.key.pem"), read("lan-ca.pem"))
    {
        return Ok(Local { certificate, key, authority });
    }
    let local = make_local(addresses)?;
    let files = [("lan.pem", &local.certificate), ("lan.key.pem", &local.key), ("lan-ca.pem", &local.authority)];
    for (name, text) in files.into_iter().chain([("lan-addresses", &named.join("\n"))]) {
        drop(std::fs::remove_file(file(name)));
        keys::write_private(&file(name), text.as_bytes())?;
    }
    Ok(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_certificate_is_kept_until_the_address_changes() {
        install_provider();
        let folder = tempfile::tempdir().unwrap();
        let address = |last| IpAddr::from([192, 168, 1, last]);
        let first = local_in(folder.path(), &[address(7)]).unwrap();
        assert_eq!(local_in(folder.path(), &[address(7)]).unwrap().certificate, first.certificate);
        assert_ne!(local_in(folder.path(), &[address(8)]).unwrap().certificate, first.certificate);
    }
}
