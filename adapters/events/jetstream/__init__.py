"""Events between processes: NATS JetStream behind the same publish and handle as the in-process bus."""
