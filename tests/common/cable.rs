//! A cable to an address that can be cut and joined again: TCP, passed on as it is.

#![allow(clippy::unwrap_used)]

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Whoever connects to its own end is connected to the other one, unless it is cut.
pub struct Cable {
    /// Its own end.
    pub url: String,
    ends: Arc<Mutex<Ends>>,
}

#[derive(Default)]
struct Ends {
    cut: bool,
    open: Vec<TcpStream>,
}

impl Cable {
    /// A cable to the server at a URL such as `http://127.0.0.1:8080`.
    pub fn to(url: &str) -> Cable {
        let far: SocketAddr = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ends = Arc::<Mutex<Ends>>::default();
        let known = ends.clone();
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut ends = known.lock().unwrap();
                if ends.cut {
                    continue;
                }
                let Ok(far) = TcpStream::connect(far) else { continue };
                ends.open.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                carry(near.try_clone().unwrap(), far.try_clone().unwrap());
                carry(far, near);
            }
        });
        Cable { url, ends }
    }

    /// Breaks every connection, and lets none begin.
    pub fn cut(&self) {
        let mut ends = self.ends.lock().unwrap();
        ends.cut = true;
        for end in ends.open.drain(..) {
            drop(end.shutdown(Shutdown::Both));
        }
    }

    /// Connections can begin again.
    pub fn join(&self) {
        self.ends.lock().unwrap().cut = false;
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        drop(copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Both));
    });
}
