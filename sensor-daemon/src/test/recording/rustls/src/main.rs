//! Posts a body of SIZE letters to https://localhost:PORT TIMES times on one connection, and counts what comes back:
//! `rustls-client CA.pem PORT SIZE TIMES [12|13] [plain|vector|message]`, the last being by which system calls.
#[cfg(feature = "older")]
extern crate rustls_older as rustls;

use rustls::pki_types::{pem::PemObject, CertificateDer, ServerName};
use rustls::{version, ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead, BufReader, Error, IoSlice, IoSliceMut, Read, Result as Done, Write};
use std::{env, ffi::c_void, net::TcpStream, os::fd::AsRawFd, ptr::null_mut, sync::Arc};

#[repr(C)]
struct Message {
    name: *mut c_void,
    name_length: u32,
    segments: *mut c_void, // an IoSlice is a struct iovec
    count: usize,
    control: *mut c_void,
    control_length: usize,
    flags: i32,
}

extern "C" {
    fn recvmsg(fd: i32, message: *mut Message, flags: i32) -> isize;
    fn sendmsg(fd: i32, message: *const Message, flags: i32) -> isize;
}

impl Message {
    fn of(segments: *mut c_void, count: usize) -> Message {
        Message { name: null_mut(), name_length: 0, segments, count, control: null_mut(), control_length: 0, flags: 0 }
    }
}

fn moved(result: isize) -> Done<usize> {
    usize::try_from(result).map_err(|_| Error::last_os_error())
}

/// A socket that is read and written by other system calls than read and writev.
struct Socket {
    stream: TcpStream,
    how: String,
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> Done<usize> {
        let (first, second) = buffer.split_at_mut(buffer.len() / 3);
        let mut segments = [IoSliceMut::new(first), IoSliceMut::new(second)];
        match self.how.as_str() {
            "vector" => self.stream.read_vectored(&mut segments),
            "message" => moved(unsafe {
                recvmsg(self.stream.as_raw_fd(), &mut Message::of(segments.as_mut_ptr().cast(), 2), 0)
            }),
            _ => self.stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> Done<usize> {
        self.stream.write(buffer)
    }

    fn write_vectored(&mut self, segments: &[IoSlice<'_>]) -> Done<usize> {
        if self.how != "message" {
            return self.stream.write_vectored(segments);
        }
        moved(unsafe {
            sendmsg(self.stream.as_raw_fd(), &Message::of(segments.as_ptr().cast_mut().cast(), segments.len()), 0)
        })
    }

    fn flush(&mut self) -> Done<()> {
        self.stream.flush()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = env::args().collect();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&words[1])?)?;
    let versions = match words.get(5).map(String::as_str) {
        Some("12") => vec![&version::TLS12],
        _ => vec![&version::TLS13],
    };
    #[cfg(not(feature = "aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();
    #[cfg(feature = "aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let stream = TcpStream::connect(("127.0.0.1", words[2].parse()?))?;
    let socket = Socket { stream, how: words.get(6).cloned().unwrap_or_default() };
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
