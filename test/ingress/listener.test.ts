import { expect } from 'chai';
import * as http from 'node:http';
import * as net from 'node:net';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Listener } from '../../src/ingress/listener.ts';

describe('an ingress listener', () => {
  it('says that a port is taken, goes on trying, and takes it when it is free', async () => {
    const blocker = net.createServer();
    await new Promise<void>((resolve) => void blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as net.AddressInfo;
    const clock = new VirtualClock();
    const told: (string | undefined)[] = [];
    let heard = Promise.withResolvers<void>();
    const listener = new Listener({
      server: http.createServer(),
      address: '127.0.0.1',
      port,
      clock,
      told: (_, problem) => {
        told.push(problem);
        heard.resolve();
      },
    });
    await listener.start();
    expect(told).to.deep.equal([`port ${port} of this node is in use by another program`]);
    await new Promise((resolve) => void blocker.close(resolve));
    heard = Promise.withResolvers();
    await clock.advance(5_000);
    await heard.promise;
    expect(told).to.have.length(2);
    expect(told[1]).to.equal(undefined);
    const stopped = listener.stop(1_000);
    await clock.advance(1_000);
    await stopped;
  });
});
