import { expect } from 'chai';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { FakeRuntime } from '../../../src/kubelet/runtime/fake.ts';
import { programOf } from '../../../src/kubelet/runtime/fake-program.ts';
import { runtimeSuite } from '../../suites/runtime.ts';

describe('FakeRuntime', () => {
  runtimeSuite(async () => {
    const clock = new VirtualClock();
    const runtime = new FakeRuntime({ clock });
    return { runtime, image: 'app:1', wait: (ms) => clock.advance(ms), remove: async () => {} };
  });
});

describe('programOf', () => {
  const table: [string[], object][] = [
    [['sleep', '5'], { runsFor: 5000, exitCode: 0 }],
    [['true'], { runsFor: 0, exitCode: 0 }],
    [['/bin/true'], { runsFor: 0, exitCode: 0 }],
    [['/bin/false'], { runsFor: 0, exitCode: 1 }],
    [['/usr/bin/echo', 'a'], { runsFor: 0, output: 'a\n' }],
    [['false'], { runsFor: 0, exitCode: 1 }],
    [['sh', '-c', 'sleep 1; exit 3'], { runsFor: 1000, exitCode: 3 }],
    [['/bin/sh', '-c', 'echo "a b" && sleep 2'], { runsFor: 2000, output: 'a b\n' }],
    [['sh', '-c', 'echo fine; echo "not so" >&2; exit 1'], { output: 'fine\n', errors: 'not so\n', exitCode: 1 }],
    [['nginx', '-g', 'daemon off;'], { exitCode: 0 }],
    [[], { exitCode: 0 }],
  ];
  for (const [command, expected] of table) {
    it(command.join(' ') || 'nothing', () => expect(programOf(command)).to.include(expected));
  }

  it('runs for ever what it does not understand', () => {
    expect(programOf(['nginx']).runsFor).to.equal(undefined);
    expect(programOf(['/opt/app/true']).runsFor).to.equal(undefined);
    expect(programOf([]).runsFor).to.equal(undefined);
  });
});
