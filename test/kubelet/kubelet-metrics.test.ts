import { expect } from 'chai';
import { sleep } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { KubeletMetrics } from '../../src/kubelet/kubelet-metrics.ts';
import { measured, requestLabels } from '../../src/kubelet/server/http-metrics.ts';
import { FakeRuntime } from '../../src/kubelet/runtime/fake.ts';
import { measuredRuntime } from '../../src/kubelet/runtime/measured-runtime.ts';

describe("the kubelet's metrics", () => {
  let clock: VirtualClock;
  let metrics: KubeletMetrics;
  let runtime: FakeRuntime;

  beforeEach(() => {
    clock = new VirtualClock();
    runtime = new FakeRuntime({ clock });
    const pods = () => ({ all: 3, static: 1 });
    metrics = new KubeletMetrics({ nodeName: 'n1', version: 'v1.36.0', runtime, pods });
  });

  const disk = { available: 6, capacity: 10, used: 4, inodes: 100, inodesFree: 70 };
  const lines = () =>
    metrics.render([{ name: 'v', at: 0, disk, claim: { namespace: 'default', name: 'c' } }]).split('\n');

  it('tell of the node and its pods', () => {
    expect(lines()).to.include.members([
      'kubelet_node_name{node="n1"} 1',
      'kubernetes_build_info{git_version="v1.36.0",major="1",minor="36",platform="linux"} 1',
      'kubelet_running_pods 0',
      'kubelet_running_containers{container_state="running"} 0',
      'kubelet_desired_pods{static="true"} 1',
      'kubelet_active_pods{static="false"} 2',
      'kubelet_working_pods 3',
    ]);
  });

  it('tell of the volumes of claims, as long as there are any', () => {
    expect(lines()).to.include.members([
      'kubelet_volume_stats_capacity_bytes{namespace="default",persistentvolumeclaim="c"} 10',
      'kubelet_volume_stats_used_bytes{namespace="default",persistentvolumeclaim="c"} 4',
      'kubelet_volume_stats_inodes_used{namespace="default",persistentvolumeclaim="c"} 30',
    ]);
    expect(metrics.render([])).not.to.include('persistentvolumeclaim=');
  });

  it('tell of requests, without the names in them', async () => {
    const url = '/exec/default/web/c?command=ls';
    await measured(metrics, clock, { method: 'POST', url }, async () => {
      expect(lines()).to.include(
        'kubelet_http_inflight_requests{method="POST",path="exec",server_type="readwrite",long_running="true"} 1',
      );
      await clock.advance(300);
    });
    const failing = measured(metrics, clock, { method: 'BREW', url: '/coffee' }, () => Promise.reject(new Error('no')));
    expect(await failing.catch((error: Error) => error.message)).to.equal('no');
    const exec = 'method="POST",path="exec",server_type="readwrite",long_running="true"';
    const other = 'method="other",path="other",server_type="readwrite",long_running="false"';
    expect(lines()).to.include.members([
      `kubelet_http_requests_total{${exec}} 1`,
      `kubelet_http_requests_total{${other}} 1`,
      `kubelet_http_inflight_requests{${exec}} 0`,
      `kubelet_http_inflight_requests{${other}} 0`,
      `kubelet_http_requests_duration_seconds_bucket{${exec},le="0.25"} 0`,
      `kubelet_http_requests_duration_seconds_bucket{${exec},le="0.5"} 1`,
    ]);
  });

  const paths: [string, string][] = [
    ['/', 'other'],
    ['/pods', 'pods'],
    ['/metrics', 'metrics'],
    ['/metrics/cadvisor', 'metrics/cadvisor'],
    ['/metrics/mine', 'other'],
    ['/stats/summary', 'stats'],
    ['/containerLogs/default/web/c', 'containerLogs'],
  ];
  for (const [path, told] of paths)
    it(`call ${path} ${told}`, () =>
      expect(requestLabels('GET', path)).to.deep.equal(['GET', told, 'readwrite', 'false']));

  it('count what the runtime is asked to do, how long it takes, and what it cannot do', async () => {
    const slow = Object.assign(runtime, { updateResources: () => sleep(clock, 300) });
    const observed = measuredRuntime(slow, metrics, clock);
    const pull = observed.pullImage('does-not-exist:1').catch((error: Error) => error.message);
    expect(await pull).to.match(/manifest unknown/);
    const done = observed.updateResources('id', { memoryBytes: 0, cpuShares: 2, cpuQuota: 0 });
    await clock.advance(300);
    await done;
    expect(observed.pods()).to.deep.equal([]);
    expect(lines()).to.include.members([
      'kubelet_runtime_operations_total{operation_type="pull_image"} 1',
      'kubelet_runtime_operations_errors_total{operation_type="pull_image"} 1',
      'kubelet_runtime_operations_total{operation_type="update_container"} 1',
      'kubelet_runtime_operations_duration_seconds_bucket{operation_type="update_container",le="0.25"} 0',
      'kubelet_runtime_operations_duration_seconds_bucket{operation_type="update_container",le="0.5"} 1',
    ]);
  });
});
