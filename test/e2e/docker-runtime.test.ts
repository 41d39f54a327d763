import { expect } from 'chai';
import { realClock as clock, sleep } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { connectDocker, DockerRuntime } from '../../src/kubelet/index.ts';
import { label } from '../../src/kubelet/runtime/docker-labels.ts';
import { runtimeSuite } from '../suites/runtime.ts';

describe('DockerRuntime', function () {
  this.timeout(30_000);
  const docker = connectDocker();
  let clusters = 0;

  const removeAll = async (clusterId: string) => {
    const found = await docker.listContainers({ all: true, filters: { label: [`${label.cluster}=${clusterId}`] } });
    await Promise.all(found.map((c) => docker.getContainer(c.Id).remove({ force: true, v: true })));
  };

  runtimeSuite(async () => {
    const clusterId = `runtime-test-${process.pid}-${clusters++}`;
    const runtime = new DockerRuntime({ clusterId, nodeName: 'n', clock, log: noLog });
    return { runtime, image: 'coxswain/hello:1', wait: async () => {}, remove: () => removeAll(clusterId) };
  });

  it('finds what it made before, and only that', async () => {
    const clusterId = `runtime-test-${process.pid}-adopt`;
    const make = (nodeName: string) => new DockerRuntime({ clusterId, nodeName, clock, log: noLog });
    const listener = { podChanged() {}, healthChanged() {} };
    const [first, second, other] = [make('n'), make('n'), make('m')];
    try {
      await first.start(listener);
      const pod = { uid: '99999999-2222-3333-4444-555555555555', namespace: 'default', name: 'p' };
      const sandbox = await first.createSandbox({
        pod,
        attempt: 3,
        hostname: 'p',
        hostNetwork: false,
        hostPid: false,
        hostIpc: false,
        sysctls: {},
      });
      await first.stop();
      await Promise.all([second.start(listener), other.start(listener)]);
      expect(second.pods()).to.deep.equal([{ ...pod, sandboxes: [sandbox], containers: [] }]);
      expect(other.pods()).to.deep.equal([]);
    } finally {
      await Promise.all([second.stop(), other.stop()]);
      await removeAll(clusterId);
    }
  });

  it('says in a sentence that there is no engine', async () => {
    const runtime = new DockerRuntime({
      clusterId: 'c',
      nodeName: 'n',
      clock,
      log: noLog,
      socketPath: '/nowhere/docker.sock',
    });
    const said = await Promise.race([
      runtime.start({ podChanged() {}, healthChanged() {} }).then(
        () => '',
        (error: Error) => error.message,
      ),
      sleep(clock, 5_000).then(() => 'nothing'),
    ]);
    expect(said).to.match(/^The Docker Engine does not answer on \/nowhere\/docker\.sock: /);
  });
});
