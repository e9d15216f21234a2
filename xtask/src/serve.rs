//! `cargo xtask serve`: the page on this machine, rebuilt whenever its source changes.

use crate::report::{Report, say};
use crate::{Result, dist, project};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// What `serve` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    port: u16,
    /// Without optimisation: quick to rebuild, slow to simulate.
    dev: bool,
    /// Open a browser window.
    open: bool,
}

impl Options {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self { port: 8080, dev: false, open: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "--dev" => options.dev = true,
                "--open" => options.open = true,
                "--port" => {
                    let port = args.next().ok_or("--port needs a number")?;
                    options.port = port.parse().map_err(|_| format!("--port {port}: a number from 1 to 65535"))?;
                }
                other => {
                    return Err(format!("serve does not know `{other}` (--port N, --dev, --open)"));
                }
            }
        }
        Ok(options)
    }
}

pub fn run(options: &Options) -> Result<()> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, options.port);
    free(address)?;
    let mut report = Report::new();
    let Some(tools) = dist::tools_step(&mut report) else {
        return report.finish();
    };
    let (dev, open) = (options.dev, options.open);
    let mut trunk = tools.trunk("serve")?;
    trunk
        .args(["--release", if dev { "false" } else { "true" }, "--open", if open { "true" } else { "false" }])
        .args(["--address", "127.0.0.1", "--port", &options.port.to_string(), "--dist"])
        // Not `dist/`: what is being tried out must not overwrite what was built for a host.
        .arg(project::target().join("serve"));
    let how = if dev { "without optimisation" } else { "optimised (--dev: quicker to build, slower to run)" };
    say(&format!("building the page, {how}; then it is at http://{address}/ until Ctrl-C"));
    announce(address);
    crate::proc::run(&mut trunk)
}

fn free(address: SocketAddrV4) -> Result<()> {
    TcpListener::bind(address).map(drop).map_err(|error| {
        let other = address.port().checked_add(1).unwrap_or(8080);
        format!("cannot serve at {address}: {error}; another port: `cargo xtask serve --port {other}`")
    })
}

/// Says where the page is as soon as it is there.
fn announce(address: SocketAddrV4) {
    thread::spawn(move || {
        while !answers(address) {
            thread::sleep(Duration::from_millis(300));
        }
        say(&format!("Scalescope is at http://{address}/  (Ctrl-C stops it)"));
    });
}

fn answers(address: SocketAddrV4) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(&start == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        assert_eq!(Options::parse(&[]), Ok(Options { port: 8080, dev: false, open: false }));
        assert_eq!(
            Options::parse(&["--open", "--port", "9000", "--dev"]),
            Ok(Options { port: 9000, dev: true, open: true })
        );
        assert!(Options::parse(&["--port"]).is_err());
        assert!(Options::parse(&["--port", "70000"]).is_err());
        assert!(Options::parse(&["--prot", "1"]).is_err());
    }

    #[test]
    fn a_taken_port_is_said_with_a_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = free(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).unwrap_err();
        assert!(message.contains("--port"), "{message}");
    }
}
