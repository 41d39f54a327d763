import { expect } from 'chai';
import { horizontalPodAutoscaler } from '../../../src/api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { podDisruptionBudget } from '../../../src/api/policy-v1/pod-disruption-budget.ts';
import { createErrors, statusErrors } from '../kind-cases.ts';

const base = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 };
const metrics = (...list: object[]) => ({ metrics: list });
const value = { type: 'Value', value: '1' };

describe('the rules of autoscalers', () => {
  const cases: [what: string, spec: object, ...errors: string[]][] = [
    ['nothing wrong', {}],
    [
      'a metric without a source',
      metrics({ type: 'Pods' }),
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ],
    [
      'a type that is none',
      metrics({ type: 'Node' }),
      'spec.metrics[0].type: Unsupported value: "Node": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
    [
      'two sources',
      metrics({
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } },
        pods: {},
      }),
      'spec.metrics[0].pods.metric.name: Required value: must specify a metric name',
      'spec.metrics[0].pods.target.type: Required value: must specify a metric target type',
      'spec.metrics[0].pods.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue',
      'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
    ],
    [
      'a resource without a target',
      metrics({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }),
      'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
    ],
    [
      'a container that is not named',
      metrics({
        type: 'ContainerResource',
        containerResource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } },
      }),
      'spec.metrics[0].containerResource.container: Required value: must specify a container',
      'spec.metrics[0].containerResource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    ],
    [
      'an object that is not named',
      metrics({ type: 'Object', object: { metric: { name: 'a/b' }, target: { ...value, value: '0' } } }),
      'spec.metrics[0].object.describedObject.kind: Required value',
      'spec.metrics[0].object.describedObject.name: Required value',
      'spec.metrics[0].object.metric.name: Invalid value: "a/b": may not contain \'/\'',
      'spec.metrics[0].object.target.value: Invalid value: "0": must be positive',
    ],
    [
      'two targets',
      metrics({ type: 'External', external: { metric: { name: 'q' }, target: { ...value, averageValue: '1' } } }),
      'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
    ],
    [
      'bad behavior',
      {
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 3601,
            selectPolicy: 'Any',
            policies: [{ type: 'All', value: 0, periodSeconds: 1801 }],
          },
          scaleDown: { policies: [] },
        },
      },
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].type: Unsupported value: "All": supported values: "Percent", "Pods"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
    ],
  ];
  for (const [what, spec, ...errors] of cases) {
    it(`know of ${what}`, () =>
      expect(createErrors(horizontalPodAutoscaler, { spec: { ...base, ...spec } })).to.deep.equal(errors));
  }

  it('check the status', () => {
    expect(statusErrors(horizontalPodAutoscaler, {}, { desiredReplicas: -1 }, { spec: base })).to.deep.equal([
      'status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});

describe('the status of a disruption budget', () => {
  it('has whole conditions and counts', () => {
    const conditions = [{ type: 'A', status: 'Yes' }];
    expect(statusErrors(podDisruptionBudget, {}, { conditions, expectedPods: -1 })).to.deep.equal([
      'status.conditions[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
      'status.conditions[0].lastTransitionTime: Required value: must be set',
      'status.conditions[0].reason: Required value: must be set',
      'status.expectedPods: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
