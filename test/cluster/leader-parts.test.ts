import { expect } from 'chai';
import type { HttpExchange } from '../../src/base/http-exchange.ts';
import { noLog } from '../../src/base/log.ts';
import { MetricRegistry } from '../../src/base/metrics.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { ControlPlaneOptions } from '../../src/cluster/control-plane.ts';
import { leaderParts, type Schedulers } from '../../src/cluster/leader-parts.ts';
import type { ApiServer } from '../../src/apiserver/server.ts';

describe('what only one control plane does', () => {
  const silent: HttpExchange = () => new Promise(() => {});
  const partsOf = (options: Partial<ControlPlaneOptions>, schedulers: Schedulers = { current: undefined }) =>
    leaderParts({ exchange: () => silent } as unknown as ApiServer, new MetricRegistry(), schedulers, {
      clock: new VirtualClock(),
      random: seededRandom(1),
      log: noLog,
      ...options,
    } as ControlPlaneOptions);

  it('is what the options want', () => {
    expect(partsOf({ controllers: false }).map(({ name }) => name)).to.deep.equal(['kube-scheduler']);
    expect(partsOf({ controllers: false, scheduler: false })).to.deep.equal([]);
  });

  it('tells which scheduler can be asked, until it is stopped', async () => {
    const schedulers: Schedulers = { current: undefined };
    const [part] = partsOf({ controllers: false }, schedulers);
    const first = part!.make();
    const asked = schedulers.current;
    expect(asked).to.not.equal(undefined);
    const second = part!.make();
    await first.stop();
    expect(schedulers.current).to.not.equal(undefined).and.not.equal(asked);
    await second.stop();
    expect(schedulers.current).to.equal(undefined);
  });
});
