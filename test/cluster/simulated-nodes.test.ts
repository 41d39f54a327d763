import { expect } from 'chai';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Cluster } from '../../src/cluster/index.ts';

describe('Cluster: stages of simulated pods', () => {
  let clock: VirtualClock;
  let cluster: Cluster;
  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await Cluster.start({ clock, nodes: 1, listen: false });
  });
  afterEach(() => cluster.stop());

  const annotated = (annotations: Record<string, string>, spec: object = {}) =>
    cluster.client.create(pod, {
      metadata: {
        ...{ namespace: 'default', name: 'a' },
        annotations: Object.fromEntries(Object.entries(annotations).map(([k, v]) => [`simulate.coxswain.io/${k}`, v])),
      },
      spec: { containers: [{ name: 'c', image: 'i:1', ...spec }], restartPolicy: 'Never' },
    });
  const current = () => cluster.client.get(pod, { namespace: 'default', name: 'a' });
  const isReady = (one: Pod) => one.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
  /** Lets tenths of seconds pass until it is so; the seconds that took, of the cluster's time. */
  async function until(check: (one: Pod) => boolean): Promise<number> {
    for (let tenth = 0; tenth < 600; tenth++) {
      if (check(await current())) return tenth / 10;
      await clock.advance(100, async () => {
        for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
      });
    }
    throw new Error(`not within a minute: ${JSON.stringify((await current()).status)}`);
  }

  it('go from pending to completed as the annotations say', async () => {
    await annotated({ pull: '3s', start: '2s', run: '10s', 'exit-code': '3' });
    await until((one) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ContainerCreating');
    expect(await until((one) => one.status?.phase === 'Running')).to.be.within(4, 8);
    expect(await until((one) => one.status?.phase === 'Failed')).to.be.within(8, 12);
    expect((await current()).status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(3);
  });

  it('fail the probes that an annotation names, until it is taken away', async () => {
    await annotated({ fails: 'readiness' }, { readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 } });
    await until((one) => one.status?.phase === 'Running');
    await clock.advance(5_000);
    expect(isReady(await current())).to.equal(false);
    const metadata = { annotations: { 'simulate.coxswain.io/fails': null } };
    await cluster.client.patch(pod, { namespace: 'default', name: 'a' }, 'merge', { metadata });
    await until(isReady);
  });
});
