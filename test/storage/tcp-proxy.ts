import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A proxy whose connections can be cut. */
export class TcpProxy {
  readonly #server: Server;
  #sockets = new Set<Socket>();
  /** Bytes from the target to its clients. */
  received = 0;
  #onBytes: (() => void) | undefined;

  constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          target.destroy();
        });
      }
      client.pipe(target);
      target.on('data', (chunk: Buffer) => {
        this.received += chunk.length;
        client.write(chunk);
        this.#onBytes?.();
      });
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => this.#server.once('listening', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks every connection each time that `bytes` more have come from the target, `times` times. */
  cutEvery(bytes: number, times: number): void {
    let next = this.received + bytes;
    this.#onBytes = () => {
      if (times === 0 || this.received < next) return;
      times--;
      next = this.received + bytes;
      this.cut();
    };
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
