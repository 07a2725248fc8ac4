//! Connections that are kept open between mails.

use std::sync::{Mutex, PoisonError};

use lettre::address::Envelope;
use lettre::transport::smtp::response::Response;

use super::connection::{Broken, Connection, Step, Why};
use super::target::Server;

/// Open connections to one server.
pub struct Pool {
    /// Which server.
    pub server: Server,
    most: usize,
    parked: Mutex<Vec<Connection>>,
}

impl Pool {
    /// One that keeps at most `most` connections while nothing is sent.
    pub const fn new(server: Server, most: usize) -> Self {
        Self { server, most, parked: Mutex::new(Vec::new()) }
    }

    /// Sends one mail; over a connection that is open, or a new one.
    pub async fn send(&self, envelope: &Envelope, mail: &[u8]) -> Result<Response, Broken> {
        loop {
            let mut connection = self.connection().await?;
            match connection.send(envelope, mail).await {
                Ok(response) => {
                    self.park(connection);
                    return Ok(response);
                }
                // Closed by the server since it was used last, and nothing was offered yet: another one.
                Err(broken) if connection.worn && broken.step == Step::Mail && is_gone(&broken) => {
                    connection.close().await;
                }
                Err(broken) => {
                    if broken.is_answer() && connection.reset().await {
                        self.park(connection);
                    } else {
                        connection.close().await;
                    }
                    return Err(broken);
                }
            }
        }
    }

    async fn connection(&self) -> Result<Connection, Broken> {
        while let Some(mut connection) = self.take() {
            if connection.is_alive().await {
                return Ok(connection);
            }
            connection.close().await;
        }
        Connection::open(&self.server).await
    }

    fn take(&self) -> Option<Connection> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn park(&self, connection: Connection) {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        if parked.len() < self.most {
            parked.push(connection);
        }
    }

    /// Says goodbye on all that nobody uses: a server counts them.
    pub async fn close_idle(&self) {
        while let Some(connection) = self.take() {
            connection.close().await;
        }
    }
}

fn is_gone(broken: &Broken) -> bool {
    matches!(&broken.why, Why::Smtp(error) if error.status().is_none_or(|code| code.to_string() == "421"))
}
