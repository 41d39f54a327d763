import { expect } from 'chai';
import type { Node } from '../../../src/api/core-v1/node.ts';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { Client } from '../../../src/client/client.ts';
import { NodeAgent } from '../../../src/kubelet/node/node-agent.ts';
import type { NodeFacts } from '../../../src/kubelet/node/node-status.ts';
import { MemoryApi } from '../../client/memory-api.ts';

const path = '/api/v1/nodes/n1';
const gpu = 'example.com/gpu';

describe('kubelet: extended resources', () => {
  let api: MemoryApi;
  let clock: VirtualClock;
  let agent: NodeAgent;
  beforeEach(async () => {
    api = new MemoryApi();
    clock = new VirtualClock();
    const machine = { cpus: 4, memory: 2 ** 33, disk: 2 ** 40, diskAvailable: 2 ** 40, memoryAvailable: 2 ** 33 };
    const facts = {
      nodeName: 'n1',
      nodeIp: '10.0.0.1',
      machine,
      maxPods: 110,
      handlers: [],
      images: [],
      pressures: [],
      reserved: [],
      thresholds: [],
      now: 0,
    };
    agent = new NodeAgent({
      ...{ client: new Client(api.exchange), clock, log: noLog, nodeName: 'n1', podCidr: '10.1.0.0/24', labels: {} },
      events: { event: () => {} },
      architecture: () => 'amd64',
      facts: () => Promise.resolve(facts as unknown as NodeFacts),
    });
    await agent.start();
  });
  afterEach(() => agent.stop());

  const node = (): Node => api.object(path);
  const amounts = () => [node().status!.capacity![gpu], node().status!.allocatable![gpu]];

  /** Somebody says what the node has, and the kubelet looks at it the next time. */
  async function say(capacity: Record<string, string>): Promise<void> {
    const { cpu, memory, pods } = node().status!.capacity!;
    const status = { ...node().status!, capacity: { cpu, memory, pods, ...capacity } };
    api.put(path, { ...node(), status });
    await clock.advance(10_000);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  }

  it('that somebody gives the node can be allocated, until they are taken away', async () => {
    expect(amounts()).to.deep.equal([undefined, undefined]);
    await say({ [gpu]: '4' });
    expect(amounts()).to.deep.equal(['4', '4']);
    await say({ [gpu]: '2' });
    expect(amounts()).to.deep.equal(['2', '2']);
    await say({});
    expect([gpu in node().status!.capacity!, gpu in node().status!.allocatable!]).to.deep.equal([false, false]);
    expect(node().status!.allocatable!['cpu']).to.equal('4');
  });
});
