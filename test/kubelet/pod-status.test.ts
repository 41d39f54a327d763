import { expect } from 'chai';
import { podStatus, type StatusInputs } from '../../src/kubelet/pod-status.ts';
import { statusPatch } from '../../src/kubelet/status-patch.ts';
import type { PodState } from '../../src/kubelet/runtime/runtime.ts';
import { ended, somePod, someRun, someState } from './pods.ts';

const inputs: StatusInputs = {
  waiting: new Map(),
  started: () => true,
  ready: () => true,
  hostIp: '192.0.2.1',
  ips: ['10.244.0.5'],
  networkReady: true,
  now: Date.UTC(2026, 0, 1),
  ended: false,
};

const two = {
  containers: [
    { name: 'app', image: 'app:1' },
    { name: 'other', image: 'other:1' },
  ],
};
const init = { initContainers: [{ name: 'one', image: 'one:1' }] };

const phases: {
  title: string;
  spec?: object;
  state: PodState;
  given?: Partial<StatusInputs>;
  phase: string;
  ready?: string;
  why?: string;
}[] = [
  { title: 'nothing runs yet', state: someState([]), phase: 'Pending', ready: 'False', why: 'ContainersNotReady' },
  { title: 'the app runs', state: someState([someRun('app')]), phase: 'Running', ready: 'True' },
  {
    title: 'the app is not ready',
    state: someState([someRun('app')]),
    given: { ready: () => false },
    phase: 'Running',
    ready: 'False',
  },
  {
    title: 'the app has not started up',
    state: someState([someRun('app')]),
    given: { started: () => false },
    phase: 'Running',
    ready: 'False',
  },
  {
    title: 'one of two waits for its first start',
    spec: two,
    state: someState([someRun('app')]),
    phase: 'Pending',
    ready: 'False',
  },
  {
    title: 'the app ended and will be restarted',
    state: someState([ended('app', 1)]),
    phase: 'Running',
    ready: 'False',
  },
  {
    title: 'the app backs off',
    state: someState([ended('app', 1)]),
    given: { waiting: new Map([['app', { reason: 'CrashLoopBackOff', message: 'wait' }]]) },
    phase: 'Running',
    ready: 'False',
  },
  {
    title: 'success for good',
    spec: { restartPolicy: 'Never' },
    state: someState([ended('app', 0)]),
    phase: 'Succeeded',
    ready: 'False',
    why: 'PodCompleted',
  },
  {
    title: 'failure for good',
    spec: { restartPolicy: 'Never' },
    state: someState([ended('app', 2)]),
    phase: 'Failed',
    ready: 'False',
    why: 'PodFailed',
  },
  {
    title: 'one failed, one goes on',
    spec: { ...two, restartPolicy: 'Never' },
    state: someState([ended('app', 2), someRun('other')]),
    phase: 'Running',
  },
  {
    title: 'OnFailure after a failure',
    spec: { restartPolicy: 'OnFailure' },
    state: someState([ended('app', 2)]),
    phase: 'Running',
  },
  { title: 'an init container runs', spec: init, state: someState([someRun('one')]), phase: 'Pending', ready: 'False' },
  {
    title: 'an init container failed for good',
    spec: { ...init, restartPolicy: 'Never' },
    state: someState([ended('one', 1)]),
    phase: 'Failed',
  },
  {
    title: 'a container with a rule for its exit code comes back',
    spec: {
      containers: [
        {
          ...{ name: 'app', image: 'app:1', restartPolicy: 'Never' },
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [2] } }],
        },
      ],
      restartPolicy: 'Never',
    },
    state: someState([ended('app', 2)]),
    phase: 'Running',
  },
  { title: 'made to end, well', state: someState([ended('app', 0)]), given: { ended: true }, phase: 'Succeeded' },
  { title: 'made to end, killed', state: someState([ended('app', 137)]), given: { ended: true }, phase: 'Failed' },
  {
    title: 'a failure of the whole pod',
    state: someState([ended('app', 137)]),
    given: { failure: { reason: 'Evicted', message: 'full' } },
    phase: 'Failed',
  },
];

describe('podStatus', () => {
  it('tells that a pod is over only when nothing of it runs', () => {
    const spec = { initContainers: [{ name: 'side', image: 's', restartPolicy: 'Always' }], restartPolicy: 'Never' };
    const failure = { reason: 'DeadlineExceeded', message: 'too long' };
    const pod = somePod(spec, { phase: 'Running' });
    const still = someState([ended('app', 0), someRun('side')]);
    for (const given of [{}, { failure }]) {
      const status = podStatus(pod, still, { ...inputs, ...given });
      expect([status.phase, status.reason]).to.deep.equal(['Running', undefined]);
    }
    const over = someState([ended('app', 0), ended('side', 137)]);
    expect(podStatus(pod, over, { ...inputs, ended: true }).phase).to.equal('Succeeded');
    expect(podStatus(pod, over, { ...inputs, ended: true, failure })).to.include({ phase: 'Failed', ...failure });
  });

  for (const { title, spec, state, given, phase, ready, why } of phases) {
    it(`${title}: ${phase}${ready ? `, ready ${ready}` : ''}`, () => {
      const status = podStatus(somePod(spec), state, { ...inputs, ...given });
      expect(status.phase).to.equal(phase);
      const condition = status.conditions?.find((c) => c.type === 'Ready');
      if (ready) expect(condition?.status).to.equal(ready);
      if (why) expect(condition?.reason).to.equal(why);
    });
  }

  it('shows ephemeral containers in a list of their own, which decides nothing', () => {
    const spec = { ephemeralContainers: [{ name: 'debug', image: 'debug:1' }] };
    const runs = [ended('debug', 1), someRun('app')];
    const status = podStatus(somePod(spec), someState(runs), inputs);
    expect(status.phase).to.equal('Running');
    expect(status.conditions?.find((c) => c.type === 'Ready')?.status).to.equal('True');
    const [shown] = status.ephemeralContainerStatuses!;
    expect(shown).to.include({ name: 'debug', ready: false, restartCount: 0, containerID: 'docker://debug-0' });
    expect(shown!.state!.terminated).to.include({ exitCode: 1, reason: 'Error' });
  });

  it('shows a container whose postStart hook runs as one that waits', () => {
    const state = someState([someRun('app')]);
    const status = podStatus(somePod(), state, { ...inputs, hooked: new Set(['app-0']) });
    expect(status.phase).to.equal('Pending');
    expect(status.containerStatuses![0]!.state).to.deep.equal({ waiting: { reason: 'ContainerCreating' } });
  });

  it('shows the run before in lastState and counts restarts', () => {
    const runs = [someRun('app', { attempt: 2 }), ended('app', 9, { attempt: 1, message: 'bye' })];
    const [shown] = podStatus(somePod(), someState(runs), inputs).containerStatuses!;
    expect(shown).to.include({ restartCount: 2, ready: true, started: true, containerID: 'docker://app-2' });
    expect(shown!.lastState!.terminated).to.include({
      exitCode: 9,
      reason: 'Error',
      message: 'bye',
      finishedAt: '1970-01-01T00:00:05Z',
    });
  });

  for (const [exitCode, signal] of [[0], [1], [127], [128], [129, 1], [137, 9], [143, 15], [192, 64], [193], [255]]) {
    it(`tells of exit code ${exitCode} ${signal === undefined ? 'no signal' : `signal ${signal}`}`, () => {
      const [shown] = podStatus(somePod(), someState([ended('app', exitCode!)]), inputs).containerStatuses!;
      expect(shown!.state!.terminated!.signal).to.equal(signal);
    });
  }

  it('tells what the pod was given as a whole', () => {
    const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } };
    const status = podStatus(somePod({ resources }), someState([someRun('app')]), inputs);
    expect([status.resources, status.allocatedResources]).to.deep.equal([resources, { cpu: '1' }]);
    expect(podStatus(somePod(), someState([]), inputs)).not.to.have.any.keys('resources', 'allocatedResources');
    expect(statusPatch({}, status)).to.include({ allocatedResources: status.allocatedResources });
  });

  it('shows a pod that was refused by why it was', () => {
    const failure = { reason: 'OutOfcpu', message: 'too little' };
    const refused = podStatus(somePod(), someState([]), { ...inputs, failure });
    expect(refused).to.include({ phase: 'Failed', reason: 'OutOfcpu' });
    expect(refused).not.to.have.any.keys('containerStatuses', 'initContainerStatuses');
    expect(podStatus(somePod({}, refused), someState([]), inputs)).not.to.have.any.keys('containerStatuses');
    expect(statusPatch(podStatus(somePod(), someState([]), inputs), refused)).to.include({ containerStatuses: null });
  });

  it('tells which image a volume shows', () => {
    const volumeMounts = [
      { name: 'files', mountPath: '/files' },
      { name: 'other', mountPath: '/other', readOnly: true },
    ];
    const pod = somePod({ containers: [{ name: 'app', image: 'app:1', volumeMounts }] });
    const given = { ...inputs, volumeImages: new Map([['files', 'docker://sha256:1']]) };
    const [shown] = podStatus(pod, someState([someRun('app')]), given).containerStatuses!;
    expect(shown!.volumeMounts).to.deep.equal([
      { name: 'files', mountPath: '/files', volumeStatus: { image: { imageRef: 'docker://sha256:1' } } },
      { name: 'other', mountPath: '/other', readOnly: true, recursiveReadOnly: 'Disabled' },
    ]);
  });

  it('shows in lastState what ended while the container backs off', () => {
    const waiting = new Map([['app', { reason: 'CrashLoopBackOff', message: 'wait' }]]);
    const [shown] = podStatus(somePod(), someState([ended('app', 9)]), { ...inputs, waiting }).containerStatuses!;
    expect(shown!.state).to.deep.equal({ waiting: { reason: 'CrashLoopBackOff', message: 'wait' } });
    expect(shown!.lastState!.terminated!.exitCode).to.equal(9);
  });

  it('shows how a container ended that could not start and may not restart', () => {
    const waiting = new Map([['app', { reason: 'RunContainerError', message: 'no such file' }]]);
    const run = ended('app', 128, { reason: 'StartError' });
    const shownWith = (restartPolicy: string) =>
      podStatus(somePod({ restartPolicy }), someState([run]), { ...inputs, waiting }).containerStatuses![0]!;
    expect(shownWith('Never').state!.terminated).to.include({ reason: 'StartError', exitCode: 128 });
    expect(shownWith('Never').lastState).to.deep.equal({});
    expect(shownWith('OnFailure').state!.waiting).to.include({ reason: 'RunContainerError' });
    expect(shownWith('OnFailure').lastState!.terminated).to.include({ reason: 'StartError' });
  });

  it('tells of a container that vanished', () => {
    const status = {
      containerStatuses: [{ name: 'app', restartCount: 1, containerID: 'docker://x', state: { running: {} } }],
    };
    const [shown] = podStatus(somePod({}, status), someState([]), inputs).containerStatuses!;
    expect(shown!.lastState!.terminated).to.include({ reason: 'ContainerStatusUnknown', exitCode: 137 });
  });

  it('keeps the time of a condition that did not change, and conditions of others', () => {
    const first = podStatus(somePod(), someState([someRun('app')]), inputs);
    const gate = { type: 'example.com/gate', status: 'True' };
    const pod = somePod({}, { ...first, conditions: [...first.conditions!, gate] });
    const later = podStatus(pod, someState([someRun('app')]), {
      ...inputs,
      ready: () => false,
      now: inputs.now + 60_000,
    });
    const time = (type: string) => later.conditions!.find((c) => c.type === type)!.lastTransitionTime;
    expect(time('Initialized')).to.equal('2026-01-01T00:00:00Z');
    expect(time('Ready')).to.equal('2026-01-01T00:01:00Z');
    expect(later.conditions).to.deep.include(gate);
  });

  it('is not ready while a readiness gate is closed', () => {
    const pod = somePod({ readinessGates: [{ conditionType: 'example.com/gate' }] });
    const status = podStatus(pod, someState([someRun('app')]), inputs);
    const find = (type: string) => status.conditions!.find((c) => c.type === type)!;
    expect(find('ContainersReady').status).to.equal('True');
    expect(find('Ready')).to.include({ status: 'False', reason: 'ReadinessGatesNotReady' });
  });

  it('never brings a pod back that has ended', () => {
    expect(
      podStatus(somePod({}, { phase: 'Failed', reason: 'Evicted' }), someState([someRun('app')]), inputs),
    ).to.include({ phase: 'Failed', reason: 'Evicted' });
  });
});

describe('statusPatch', () => {
  it('is nothing when nothing changed', () => {
    const status = podStatus(somePod(), someState([someRun('app')]), inputs);
    expect(statusPatch(status, structuredClone(status))).to.equal(undefined);
  });

  it('names what changed, replaces addresses, removes what is gone, and leaves the fields of others', () => {
    const old = { phase: 'Pending', message: 'm', podIPs: [{ ip: '10.0.0.1' }], nominatedNodeName: 'n' };
    expect(statusPatch(old, { phase: 'Running', podIPs: [{ ip: '10.0.0.2' }] })).to.deep.equal({
      phase: 'Running',
      message: null,
      podIPs: [{ $patch: 'replace' }, { ip: '10.0.0.2' }],
    });
  });

  it('sends only the conditions that changed', () => {
    const same = { type: 'Initialized', status: 'True' };
    const patch = statusPatch(
      { conditions: [same, { type: 'Ready', status: 'False', reason: 'ContainersNotReady' }] },
      { conditions: [same, { type: 'Ready', status: 'True' }] },
    );
    expect(patch).to.deep.equal({ conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }] });
  });
});
