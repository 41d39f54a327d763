import { expect } from 'chai';
import { realClock } from '../../src/base/clock.ts';
import type { Gate } from '../../src/base/gate.ts';
import { noLog } from '../../src/base/log.ts';
import { Client } from '../../src/client/client.ts';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import { StatusWriter } from '../../src/kubelet/status-writer.ts';
import type { PodStatus } from '../../src/kubelet/pod-spec.ts';

const ready = (status: 'True' | 'False'): PodStatus => ({ phase: 'Running', conditions: [{ type: 'Ready', status }] });

function pod(resourceVersion: number, status: PodStatus): Pod {
  const metadata = {
    name: 'p',
    namespace: 'default',
    uid: 'u',
    resourceVersion: String(resourceVersion),
    creationTimestamp: '',
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status };
}

const withIp = (status: PodStatus): PodStatus => ({ ...status, podIP: '10.0.0.1' });

/** A server that answers each patch when the test says so. */
class Server {
  readonly patches: any[] = [];
  #answers: ((pod: Pod) => void)[] = [];
  readonly client = new Client(async (request) => {
    this.patches.push(JSON.parse(request.body!.toString()));
    const answer = await new Promise<Pod>((resolve) => this.#answers.push(resolve));
    return { status: 200, headers: {}, body: bytesOf(answer) };
  });

  async answer(state: Pod): Promise<void> {
    await settled();
    this.#answers.shift()!(state);
    await settled();
  }
}

async function* bytesOf(value: object): AsyncGenerator<Buffer> {
  yield Buffer.from(JSON.stringify(value));
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('StatusWriter', () => {
  let server: Server;
  let writer: StatusWriter;

  beforeEach(async () => {
    server = new Server();
    writer = new StatusWriter({ client: server.client, clock: realClock, log: noLog });
    writer.set(pod(1, {}), ready('True'));
    await server.answer(pod(2, ready('True')));
    expect(server.patches).to.have.length(1);
  });

  it('sends nothing when nothing changes', async () => {
    writer.set(pod(2, ready('True')), ready('True'));
    writer.observe(pod(2, ready('True')));
    await settled();
    expect(server.patches).to.have.length(1);
  });

  it('says again what somebody else unsaid', async () => {
    writer.observe(pod(3, ready('False')));
    await server.answer(pod(4, ready('True')));
    expect(server.patches[1].status.conditions).to.deep.equal([
      { type: 'Ready', status: 'True', reason: null, message: null },
    ]);
    expect(server.patches).to.have.length(2);
  });

  it('says it again too when that happened while something was being sent', async () => {
    writer.set(pod(2, ready('True')), { ...ready('True'), podIP: '10.0.0.1' });
    await settled();
    writer.observe(pod(4, withIp(ready('False')))); // written behind our patch, seen before its answer
    await server.answer(pod(3, withIp(ready('True'))));
    await server.answer(pod(5, withIp(ready('True'))));
    expect(server.patches).to.have.length(3);
    expect(server.patches[2].status.conditions[0]).to.include({ type: 'Ready', status: 'True' });
  });

  it('knows its own write when it sees it before the answer', async () => {
    writer.set(pod(2, ready('True')), { ...ready('True'), podIP: '10.0.0.1' });
    await settled();
    writer.observe(pod(3, { ...ready('True'), podIP: '10.0.0.1' }));
    await server.answer(pod(3, { ...ready('True'), podIP: '10.0.0.1' }));
    expect(server.patches).to.have.length(2);
  });

  it('says it again when the answer to its own patch shows that somebody unsaid it', async () => {
    writer.set(pod(2, ready('True')), withIp(ready('True')));
    await settled();
    writer.observe(pod(4, withIp(ready('False')))); // our own write, on top of another's, seen before its answer
    await server.answer(pod(4, withIp(ready('False'))));
    await server.answer(pod(5, withIp(ready('True'))));
    expect(server.patches).to.have.length(3);
    expect(server.patches[2].status).to.deep.equal({
      conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }],
    });
  });

  it('says it again when somebody unsaid it at the moment in which the last patch turned out to be enough', async () => {
    let unsaid = 0;
    const pass = async <T>(work: () => Promise<T>): Promise<T> => {
      const sent = await work();
      if (sent === undefined && unsaid++ === 0) writer.observe(pod(4, withIp(ready('False'))));
      return sent;
    };
    writer = new StatusWriter({
      client: server.client,
      clock: realClock,
      log: noLog,
      gate: { pass } as unknown as Gate,
    });
    writer.set(pod(2, ready('True')), withIp(ready('True')));
    await server.answer(pod(3, withIp(ready('True'))));
    expect(unsaid).to.equal(1);
    await server.answer(pod(5, withIp(ready('True'))));
    expect(server.patches).to.have.length(3);
    expect(server.patches[2].status.conditions[0]).to.include({ type: 'Ready', status: 'True' });
  });

  it('takes no old state for news that comes after its answer', async () => {
    writer.set(pod(2, ready('True')), withIp(ready('True')));
    await server.answer(pod(4, withIp(ready('True'))));
    writer.observe(pod(3, ready('False')));
    await settled();
    expect(server.patches).to.have.length(2);
  });

  it('gives up when the API does not keep what it is sent', async () => {
    writer.set(pod(2, ready('True')), { ...ready('True'), podIP: '10.0.0.1' });
    for (let i = 0; i < 4; i++) await server.answer(pod(3, ready('True')));
    expect(server.patches).to.have.length(5);
    await settled();
    expect(server.patches).to.have.length(5);
  });
});
