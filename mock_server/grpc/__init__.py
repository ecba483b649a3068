"""The client API over gRPC, as the Java, Swift and Dart clients call it (extra `grpc`)."""
