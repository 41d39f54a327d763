import { randomInt } from 'node:crypto';
import { Etcd3, type IOptions } from 'etcd3';
import { errorMessage } from '../base/log.ts';
import type { GrpcOptions } from './grpc-client.ts';
import { GrpcError, grpcStatus } from './grpc-error.ts';

/** The end of lease ids that we choose. */
const LEASE_IDS = 2 ** 48 - 1;

const grpcOptions = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** etcd3's own fault handling refuses calls for seconds after a few errors; the store has its own. */
const noPolicy = { execute: async (call: () => unknown) => call() } as unknown as NonNullable<
  NonNullable<IOptions['faultHandling']>['global']
>;

/** What must be done now and then in etcd, by the etcd3 library; reads, writes and watches have a faster way. */
export class EtcdUpkeep {
  readonly #options: GrpcOptions;
  #client: Etcd3 | undefined;

  constructor(options: GrpcOptions) {
    this.#options = options;
  }

  /**
   * Makes a lease under an id of our own, so that ids stay numbers that JavaScript holds.
   * @param timeout milliseconds
   * @throws GrpcError
   */
  async grantLease(seconds: number, timeout: number): Promise<number> {
    const id = randomInt(1, LEASE_IDS);
    const request = { TTL: seconds, ID: String(id) };
    await asGrpc(() =>
      this.#connected().leaseClient.leaseGrant(request, { deadline: this.#options.clock.now() + timeout }),
    );
    return id;
  }

  /** Forgets what was before `revision`. @throws GrpcError */
  async compact(revision: number, timeout: number): Promise<void> {
    const request = { revision: String(revision) };
    await asGrpc(() => this.#connected().kv.compact(request, { deadline: this.#options.clock.now() + timeout }));
  }

  /** Bytes of the database's file. @throws GrpcError */
  async size(timeout: number): Promise<number> {
    const { dbSize } = await asGrpc(() =>
      this.#connected().maintenance.status({ deadline: this.#options.clock.now() + timeout }),
    );
    return Number(dbSize);
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #connected(): Etcd3 {
    const { endpoints, credentials } = this.#options;
    this.#client ??= new Etcd3({
      hosts: [...endpoints],
      // A socket of the machine's own is spoken to as it is.
      ...(credentials && endpoints.every((e) => e.startsWith('https:')) && { credentials }),
      grpcOptions,
      faultHandling: { host: () => noPolicy, global: noPolicy },
    });
    return this.#client;
  }
}

/** Turns etcd3's errors into those of our own client. */
async function asGrpc<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const name = error instanceof Error ? error.constructor.name : '';
    throw new GrpcError(codes[name] ?? grpcStatus.unknown, errorMessage(error));
  }
}

const codes: Readonly<Record<string, number>> = {
  GRPCUnavailableError: grpcStatus.unavailable,
  GRPCDeadlineExceededError: grpcStatus.deadlineExceeded,
  GRPCCancelledError: grpcStatus.cancelled,
};
