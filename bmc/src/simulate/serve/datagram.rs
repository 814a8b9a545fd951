//! Datagrams of IPMI: each is answered as it comes.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::net::UdpSocket;

use super::site::Served;
use crate::simulate::ipmi::Out;

/// Bytes of a datagram; none of IPMI is longer.
const MOST: usize = 1024;

/// Returns a socket on which a host hears of IPMI.
pub(super) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Serves what is there: when nothing is, it waits without room for it.
pub(super) async fn serve(socket: &Arc<UdpSocket>, served: &Arc<Served>) {
    // What another host refused earlier comes as an error; it is no matter of this one.
    drop(socket.readable().await);
    let mut room = [0; MOST];
    loop {
        let Ok((length, from)) = socket.try_recv_from(&mut room) else { return };
        let Some(bytes) = room.get(..length) else { return };
        for Out { bytes, delay } in served.datagram(bytes) {
            if delay.is_zero() {
                drop(socket.try_send_to(&bytes, from));
                continue;
            }
            // Others are not late for it.
            let socket = Arc::clone(socket);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                drop(socket.try_send_to(&bytes, from));
            });
        }
    }
}
