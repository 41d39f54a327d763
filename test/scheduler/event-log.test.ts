import { expect } from 'chai';
import { EventLog } from '../../src/scheduler/event-log.ts';

describe('event log', () => {
  it('tells what came since a position, and forgets what is not asked for any more', () => {
    const log = new EventLog();
    const positions: number[] = [];
    for (let i = 0; i < 10; i++) {
      positions.push(log.end);
      log.add({ name: i % 2 ? 'NodeAdd' : 'NodeDelete' });
    }
    log.forgetBefore(positions[8]!);
    expect(log.since(positions[8]!).map((e) => e.name)).to.deep.equal(['NodeDelete', 'NodeAdd']);
    log.add({ name: 'AssignedPodAdd' });
    expect(log.since(positions[9]!).map((e) => e.name)).to.deep.equal(['NodeAdd', 'AssignedPodAdd']);
    expect(log.since(log.end)).to.deep.equal([]);
  });
});
