import { expect } from 'chai';
import { computePodActions, type ActionInputs, type PodActions } from '../../src/kubelet/pod-actions.ts';
import type { PodState } from '../../src/kubelet/runtime/runtime.ts';
import { ended, sandbox, somePod, someRun, someState } from './pods.ts';

const inputs: ActionInputs = {
  specHash: () => 'same',
  connected: () => true,
  waiting: () => undefined,
  failedProbe: () => undefined,
  started: () => true,
};

/** What is to be done, in words. */
function words(actions: PodActions): string[] {
  return [
    ...(actions.finished ? ['finish'] : []),
    ...(actions.newSandbox === undefined ? [] : [`sandbox ${actions.newSandbox}`]),
    ...actions.kill.map((k) => `kill ${k.container.name}`),
    ...actions.start.map((s) => `start ${s.container.name} ${s.attempt}`),
    ...actions.delayed.map((d) => `delay ${d.name}`),
    ...actions.remove.map((r) => `remove ${r.name} ${r.attempt}`),
  ];
}

const init = {
  initContainers: [
    { name: 'one', image: 'one:1' },
    { name: 'two', image: 'two:1' },
  ],
};
const sidecar = { initContainers: [{ name: 'side', image: 'side:1', restartPolicy: 'Always' }] };
const debug = { ephemeralContainers: [{ name: 'debug', image: 'debug:1' }] };
/** The app, with rules of its own. */
function app(more: object): object {
  return { containers: [{ name: 'app', image: 'app:1', ...more }] };
}
const rule = (action: string, operator: string, ...values: number[]) => ({
  restartPolicyRules: [{ action, exitCodes: { operator, values } }],
});
const broken = { ...sandbox, ready: false };

interface Case {
  title: string;
  spec?: object;
  status?: object;
  state: PodState;
  given?: Partial<ActionInputs>;
  expected: string[];
}

const cases: Case[] = [
  { title: 'a new pod gets a sandbox first', state: someState([], []), expected: ['sandbox 0'] },
  { title: 'containers start in the sandbox', state: someState([]), expected: ['start app 0'] },
  { title: 'a pod that runs is left alone', state: someState([someRun('app')]), expected: [] },
  { title: 'a container that ended starts again', state: someState([ended('app', 1)]), expected: ['start app 1'] },
  { title: 'with Always also after success', state: someState([ended('app', 0)]), expected: ['start app 1'] },
  {
    title: 'OnFailure starts again after failure',
    spec: { restartPolicy: 'OnFailure' },
    state: someState([ended('app', 1)]),
    expected: ['start app 1'],
  },
  {
    title: 'OnFailure is finished after success',
    spec: { restartPolicy: 'OnFailure' },
    state: someState([ended('app', 0)]),
    expected: ['finish'],
  },
  {
    title: 'Never is finished after failure',
    spec: { restartPolicy: 'Never' },
    state: someState([ended('app', 1)]),
    expected: ['finish'],
  },
  {
    title: 'a container in back-off waits',
    state: someState([ended('app', 1)]),
    given: { waiting: () => ({ until: 9000, delay: 4000 }) },
    expected: ['delay app'],
  },
  {
    title: 'a changed container is restarted',
    state: someState([someRun('app', { specHash: 'old' })]),
    expected: ['kill app'],
  },
  {
    title: 'a failed probe restarts',
    state: someState([someRun('app')]),
    given: { failedProbe: () => 'liveness' },
    expected: ['kill app'],
  },
  { title: 'a broken sandbox is replaced', state: someState([someRun('app')], [broken]), expected: ['sandbox 1'] },
  {
    title: 'a sandbox without network is replaced',
    state: someState([]),
    given: { connected: () => false },
    expected: ['sandbox 1'],
  },
  {
    title: 'a sandbox in the network of the node needs no address',
    state: someState([], [{ ...sandbox, hostNetwork: true }]),
    given: { connected: () => false },
    expected: ['start app 0'],
  },
  {
    title: 'with Never a broken sandbox ends a pod that has run',
    spec: { restartPolicy: 'Never' },
    state: someState([someRun('app')], [broken]),
    expected: ['finish'],
  },
  { title: 'init containers go first, one by one', spec: init, state: someState([]), expected: ['start one 0'] },
  { title: 'the app waits for a running init container', spec: init, state: someState([someRun('one')]), expected: [] },
  { title: 'the second follows the first', spec: init, state: someState([ended('one', 0)]), expected: ['start two 0'] },
  {
    title: 'then the app',
    spec: init,
    state: someState([ended('two', 0), ended('one', 0)]),
    expected: ['start app 0'],
  },
  {
    title: 'a failed init container is repeated',
    spec: init,
    state: someState([ended('one', 1)]),
    expected: ['start one 1'],
  },
  {
    title: 'with Never a failed init container is the end',
    spec: { ...init, restartPolicy: 'Never' },
    state: someState([ended('one', 1)]),
    expected: ['finish'],
  },
  {
    title: 'init containers that are gone are not run again under a living app',
    spec: init,
    state: someState([someRun('app')]),
    expected: [],
  },
  {
    title: 'a new sandbox runs the init containers again',
    spec: init,
    state: someState(
      [ended('app', 1), ended('two', 0), ended('one', 0)],
      [{ ...sandbox, id: 'sandbox-1', attempt: 1 }],
    ),
    expected: ['start one 1'],
  },
  { title: 'a sidecar starts before the app', spec: sidecar, state: someState([]), expected: ['start side 0'] },
  { title: 'the app starts next to it', spec: sidecar, state: someState([someRun('side')]), expected: ['start app 0'] },
  {
    title: 'but only when it has started',
    spec: sidecar,
    state: someState([someRun('side')]),
    given: { started: () => false },
    expected: [],
  },
  {
    title: 'a sidecar that ended is restarted',
    spec: sidecar,
    state: someState([someRun('app'), ended('side', 0)]),
    expected: ['start side 1'],
  },
  {
    title: 'a run that never started is replaced under its number',
    state: someState([someRun('app', { state: 'created', attempt: 2 })]),
    expected: ['start app 2', 'remove app 2'],
  },
  {
    title: 'the last two runs are kept',
    state: someState([
      someRun('app', { attempt: 3 }),
      ended('app', 1, { attempt: 2 }),
      ended('app', 1, { attempt: 1 }),
    ]),
    expected: ['remove app 1'],
  },
  {
    title: 'a container that the runtime has lost keeps counting',
    status: { containerStatuses: [{ name: 'app', restartCount: 4, containerID: 'docker://x' }] },
    state: someState([]),
    expected: ['start app 5'],
  },
  {
    title: 'an ephemeral container starts in a pod that runs',
    spec: debug,
    state: someState([someRun('app')]),
    expected: ['start debug 0'],
  },
  {
    title: 'an ephemeral container waits for no init container',
    spec: { ...debug, ...init },
    state: someState([someRun('one')]),
    expected: ['start debug 0'],
  },
  {
    title: 'an ephemeral container that ended stays ended',
    spec: debug,
    state: someState([ended('debug', 1), someRun('app')]),
    expected: [],
  },
  {
    title: 'an ephemeral container that the runtime has lost does not come again',
    spec: debug,
    status: { ephemeralContainerStatuses: [{ name: 'debug', containerID: 'docker://x' }] },
    state: someState([someRun('app')]),
    expected: [],
  },
  {
    title: 'a running ephemeral container does not keep a pod that is done',
    spec: { ...debug, restartPolicy: 'Never' },
    state: someState([someRun('debug'), ended('app', 0)]),
    expected: ['finish'],
  },
  {
    title: "a container's own policy wins over the pod's",
    spec: { ...app({ restartPolicy: 'Never' }), restartPolicy: 'Always' },
    state: someState([ended('app', 1)]),
    expected: ['finish'],
  },
  {
    title: "a rule that names the exit code wins over the container's policy",
    spec: { ...app({ restartPolicy: 'Never', ...rule('Restart', 'In', 42) }), restartPolicy: 'Never' },
    state: someState([ended('app', 42)]),
    expected: ['start app 1'],
  },
  {
    title: 'a rule that does not name the exit code says nothing',
    spec: { ...app({ restartPolicy: 'Never', ...rule('Restart', 'NotIn', 42) }), restartPolicy: 'Always' },
    state: someState([ended('app', 42)]),
    expected: ['finish'],
  },
  {
    title: 'an init container with a rule is repeated where the pod would fail',
    spec: {
      initContainers: [{ name: 'one', image: 'one:1', restartPolicy: 'Never', ...rule('Restart', 'In', 3) }],
      restartPolicy: 'Never',
    },
    state: someState([ended('one', 3)]),
    expected: ['start one 1'],
  },
  {
    title: 'a rule can restart everything',
    spec: { ...app({ restartPolicy: 'Never', ...rule('RestartAllContainers', 'In', 9) }), ...init },
    state: someState([ended('app', 9), ended('two', 0), ended('one', 0)]),
    expected: ['sandbox 1'],
  },
  {
    title: 'which waits as any restart does',
    spec: { ...app({ restartPolicy: 'Never', ...rule('RestartAllContainers', 'In', 9) }), ...init },
    state: someState([ended('app', 9), ended('two', 0), ended('one', 0)]),
    given: { waiting: () => ({ until: 9000, delay: 4000 }) },
    expected: ['delay app'],
  },
  {
    title: 'and begins with the init containers',
    spec: { ...app({ restartPolicy: 'Never', ...rule('RestartAllContainers', 'In', 9) }), ...init },
    state: someState(
      [ended('app', 9), ended('two', 0), ended('one', 0)],
      [{ ...sandbox, id: 'sandbox-1', attempt: 1 }],
    ),
    expected: ['start one 1'],
  },
];

describe('computePodActions', () => {
  for (const { title, spec, status, state, given, expected } of cases) {
    it(title, () => {
      const actions = computePodActions(somePod(spec, status), state, { ...inputs, ...given });
      expect(words(actions)).to.deep.equal(expected);
    });
  }

  it("gives a container that failed a probe the probe's own time", () => {
    const livenessProbe = { terminationGracePeriodSeconds: 5 };
    const given = { ...inputs, failedProbe: () => 'liveness' as const };
    const { kill } = computePodActions(somePod(app({ livenessProbe })), someState([someRun('app')]), given);
    expect(kill[0]).to.include({ seconds: 5, message: 'Container app failed liveness probe, will be restarted' });
  });
});
