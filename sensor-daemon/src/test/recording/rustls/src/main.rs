//! Posts a body of SIZE letters to https://localhost:PORT TIMES times on one connection, and counts what comes back:
//! `rustls-client CA.pem PORT SIZE TIMES [12|13]`.
use rustls::pki_types::{pem::PemObject, CertificateDer, ServerName};
use rustls::{version, ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::{env, net::TcpStream, sync::Arc};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = env::args().collect();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&words[1])?)?;
    let versions = match words.get(5).map(String::as_str) {
        Some("12") => vec![&version::TLS12],
        _ => vec![&version::TLS13],
    };
    #[cfg(feature = "ring")]
    let provider = rustls::crypto::ring::default_provider();
    #[cfg(not(feature = "ring"))]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let socket = TcpStream::connect(("127.0.0.1", words[2].parse()?))?;
    let mut stream = BufReader::new(StreamOwned::new(connection, socket));
    let body = "r".repeat(words[3].parse()?);
    for _ in 0..words[4].parse()? {
        let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", body.len(), body);
        stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line == "\r\n" || line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer)?;
        println!("{}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}
