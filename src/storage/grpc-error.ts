/** The gRPC status codes that we tell apart, see https://grpc.io/docs/guides/status-codes */
export const grpcStatus = { ok: 0, cancelled: 1, unknown: 2, deadlineExceeded: 4, unavailable: 14 } as const;

/** A gRPC call that failed. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'GrpcError';
    this.code = code;
  }
}
