//! The one call of etcd's interface that is needed, and its messages.

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

/// `etcdserverpb.PutRequest`, as far as we use it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PutRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// `etcdserverpb.PutResponse`, as far as we use it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PutResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<ResponseHeader>,
}

/// `etcdserverpb.ResponseHeader`, as far as we use it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResponseHeader {
    #[prost(int64, tag = "3")]
    pub(crate) revision: i64,
}

/// One connection. Clones share it.
#[derive(Clone)]
pub(crate) struct Kv {
    grpc: Grpc<Channel>,
}

impl Kv {
    /// Connects to a member at `host:port`.
    pub(crate) async fn connect(endpoint: &str) -> Result<Self, tonic::transport::Error> {
        let channel = Endpoint::from_shared(format!("http://{endpoint}"))?.connect().await?;
        Ok(Self { grpc: Grpc::new(channel) })
    }

    /// Puts a key and returns the store's revision after it.
    pub(crate) async fn put(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<i64, Status> {
        let closed = |error| Status::unavailable(format!("the connection is closed: {error}"));
        self.grpc.ready().await.map_err(closed)?;
        let codec: ProstCodec<PutRequest, PutResponse> = ProstCodec::default();
        let path = PathAndQuery::from_static("/etcdserverpb.KV/Put");
        let response = self.grpc.unary(Request::new(PutRequest { key, value }), path, codec).await?;
        let header = response.into_inner().header.ok_or_else(|| Status::internal("an answer without a header"))?;
        Ok(header.revision)
    }
}
