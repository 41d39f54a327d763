import type { Scenario, Step } from '../request.ts';

const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const at = `${deployments}/d`;

function apply(name: string, manager: string, body: unknown, query = '', path = at): Step {
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  return { name, method: 'PATCH', path: `${path}?${manager && `fieldManager=${manager}`}${query}`, body, headers };
}

const head = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } };
const whole = {
  ...head,
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: {
        containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] }],
      },
    },
  },
};
const container = (change: object) => ({
  ...head,
  spec: { template: { spec: { containers: [{ name: 'c', ...change }] } } },
});

export const serverSideApply: Scenario = {
  name: 'server-side apply',
  steps: [
    apply('without a manager', '', whole),
    apply('creates', 'one', whole),
    apply('the same again', 'one', whole),
    apply('a conflict', 'two', { ...head, spec: { replicas: 3 } }),
    apply('two conflicts', 'two', {
      ...head,
      spec: { replicas: 3, template: container({ image: 'y' }).spec.template },
    }),
    apply('the same value', 'two', { ...head, spec: { replicas: 0 } }),
    apply('by force', 'two', { ...head, spec: { replicas: 2, paused: true } }, '&force=true'),
    apply('what two no longer wants', 'two', { ...head, spec: { paused: true } }),
    apply('one without an environment', 'one', {
      ...whole,
      spec: {
        selector: whole.spec.selector,
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    }),
    apply('an item of its own', 'three', container({ env: [{ name: 'B', value: '2' }] })),
    apply('labels of its own', 'three', { ...head, metadata: { name: 'd', labels: { three: 'x' } } }),
    apply(
      'an item twice',
      'four',
      container({
        env: [
          { name: 'B', value: '2' },
          { name: 'B', value: '3' },
        ],
      }),
    ),
    apply('an item without its key', 'four', container({ env: [{ value: '2' }] })),
    apply('an unknown field', 'four', { ...head, spec: { nope: 1 } }),
    apply('a wrong type', 'four', { ...head, spec: { replicas: 'x' } }),
    apply('with managed fields', 'four', { ...head, metadata: { name: 'd', managedFields: [{ manager: 'x' }] } }),
    apply('an old version', 'four', { ...head, metadata: { name: 'd', resourceVersion: '1' } }),
    apply('another name', 'four', { ...head, metadata: { name: 'e' } }),
    apply('without a type', 'four', { metadata: { name: 'd' } }),
    apply('another type', 'four', { ...head, kind: 'Pod', apiVersion: 'v1' }),
    apply('nothing', 'four', head),
    apply('what is no YAML', 'four', 'a: ['),
    apply('YAML', 'five', 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\n  annotations: {five: "5"}\n'),
    apply('a dry run', 'five', { ...head, metadata: { name: 'd', annotations: { five: '6' } } }, '&dryRun=All'),
    {
      name: 'a replacement',
      method: 'PUT',
      path: `${at}?fieldManager=editor`,
      body: { ...whole, spec: { ...whole.spec, replicas: 1 } },
    },
    apply('a conflict with an editor', 'one', whole),
    apply('status', 'ctl', { ...head, status: { observedGeneration: 1 } }, '', `${at}/status`),
    { name: 'the end', method: 'GET', path: at },
    {
      name: 'forced by a merge patch',
      method: 'PATCH',
      path: `${at}?force=true`,
      body: {},
      headers: { 'content-type': 'application/merge-patch+json' },
    },
  ],
};
