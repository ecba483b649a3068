"""gRPC, called with grpcio; messages are written and read by Google's own protobuf library."""
