import { expect } from 'chai';
import * as fc from 'fast-check';
import { horizontalPodAutoscaler as hpaV1 } from '../../src/api/autoscaling-v1/horizontal-pod-autoscaler.ts';
import { kinds } from '../../src/api/index.ts';
import { resourceClaimTemplate } from '../../src/api/resource-v1beta1/resource-claim-template.ts';
import { resourceClaim } from '../../src/api/resource-v1beta1/resource-claim.ts';
import { resourceSlice } from '../../src/api/resource-v1beta1/resource-slice.ts';
import { gvkKey, type Kind } from '../../src/apimachinery/kind.ts';
import { createErrors, object } from './kind-cases.ts';

const word = fc.string({ minLength: 1, maxLength: 6 });
const quantity = fc.integer({ min: 1, max: 500 }).map((n) => `${n}m`);
const maybe = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((v) => (v === undefined ? {} : { [key]: v }));
const merged = (...parts: fc.Arbitrary<object>[]) => fc.tuple(...parts).map((all) => Object.assign({}, ...all));

const averageValue = quantity.map((value) => ({ type: 'AverageValue', averageValue: value }));
const value = quantity.map((v) => ({ type: 'Value', value: v }));
const utilization = fc.integer({ min: 1, max: 200 }).map((n) => ({ type: 'Utilization', averageUtilization: n }));
const selector = fc.dictionary(word, word).map((matchLabels) => ({ matchLabels }));
const named = merged(
  word.map((name) => ({ name })),
  maybe('selector', selector),
);
const described = fc.record({ kind: word, name: word, apiVersion: word });

const metric = fc.oneof(
  fc.record({
    type: fc.constant('Resource'),
    resource: fc.record({ name: fc.constantFrom('cpu', 'memory'), target: fc.oneof(utilization, averageValue) }),
  }),
  fc.record({
    type: fc.constant('ContainerResource'),
    containerResource: fc.record({ name: word, container: word, target: fc.oneof(utilization, averageValue) }),
  }),
  fc.record({ type: fc.constant('Pods'), pods: fc.record({ metric: named, target: averageValue }) }),
  fc.record({
    type: fc.constant('Object'),
    object: fc.record({ describedObject: described, metric: named, target: fc.oneof(value, averageValue) }),
  }),
  fc.record({
    type: fc.constant('External'),
    external: fc.record({ metric: named, target: fc.oneof(value, averageValue) }),
  }),
);

const current = fc.oneof(
  fc.record({
    type: fc.constant('Resource'),
    resource: fc.record({
      name: fc.constantFrom('cpu', 'memory'),
      current: fc.record({ averageValue: quantity, averageUtilization: fc.nat(100) }),
    }),
  }),
  fc.record({
    type: fc.constant('Pods'),
    pods: fc.record({ metric: named, current: fc.record({ averageValue: quantity }) }),
  }),
  fc.record({
    type: fc.constant('External'),
    external: fc.record({ metric: named, current: fc.record({ value: quantity }) }),
  }),
);

const scaling = fc.record({
  stabilizationWindowSeconds: fc.nat(3600),
  selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
  policies: fc.array(
    fc.record({ type: fc.constantFrom('Pods', 'Percent'), value: fc.nat(9), periodSeconds: fc.nat(9) }),
  ),
});

const autoscaler = fc.record({
  apiVersion: fc.constant('autoscaling/v2'),
  kind: fc.constant('HorizontalPodAutoscaler'),
  metadata: merged(
    fc.constant({ name: 'h', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }),
    maybe('annotations', fc.dictionary(word, word, { minKeys: 1 })),
  ),
  spec: merged(
    fc.record({ maxReplicas: fc.nat(9), scaleTargetRef: described }),
    maybe('metrics', fc.array(metric, { minLength: 1, maxLength: 4 })),
    maybe('behavior', merged(maybe('scaleUp', scaling), maybe('scaleDown', scaling))),
  ),
  status: merged(
    fc.record({ currentReplicas: fc.nat(9), desiredReplicas: fc.nat(9) }),
    maybe('currentMetrics', fc.array(current, { minLength: 1, maxLength: 3 })),
    maybe('conditions', fc.array(fc.record({ type: word, status: fc.constant('True') }), { minLength: 1 })),
  ),
});

const device = fc.record({
  name: word,
  basic: merged(
    maybe('attributes', fc.dictionary(word, fc.record({ string: word }))),
    maybe('nodeName', word),
    maybe('taints', fc.array(fc.record({ key: word, effect: fc.constant('NoSchedule') }))),
  ),
});
const request = fc.oneof(
  merged(
    word.map((name) => ({ name })),
    word.map((deviceClassName) => ({ deviceClassName })),
    maybe('count', fc.nat(9)),
  ),
  fc.record({
    name: word,
    firstAvailable: fc.array(fc.record({ name: word, deviceClassName: word }), { minLength: 1 }),
  }),
);
const claimSpec = fc.record({ devices: fc.record({ requests: fc.array(request) }) });

/** Through the stored form and back nothing changes. */
function keepsAll(kind: Kind<any>, spec: fc.Arbitrary<object>): void {
  fc.assert(
    fc.property(spec, (generated) => {
      const given = object(kind, { spec: generated });
      expect(kind.conversion!.fromStored(kind.conversion!.toStored(structuredClone(given)))).to.deep.equal(given);
    }),
  );
}

describe('versions that share storage', () => {
  it('are all stored where the first of them is', () => {
    const converted = kinds.filter((k) => k.conversion);
    const places = converted.map((k) => `${k.storedAs?.group}/${k.storedAs?.plural}`);
    const first = converted.map((k) => {
      const owner = kinds.find((other) => !other.conversion && other.kind === k.kind && other.group === k.group);
      return owner ? `${owner.group}/${owner.plural}` : '/events';
    });
    expect(places).to.deep.equal(first);
    expect(places.length).to.be.greaterThan(12);
  });

  it('keep the name of every kind and version apart', () => {
    const again = kinds
      .filter((k) => k.conversion)
      .map((k) => k.conversion!.fromStored(k.conversion!.toStored(object(k))));
    expect(again.map((o) => `${o.apiVersion}/${o.kind}`)).to.deep.equal(kinds.filter((k) => k.conversion).map(gvkKey));
  });

  it('keep all of an autoscaler in the older version', () => {
    fc.assert(
      fc.property(autoscaler, (stored) => {
        expect(hpaV1.conversion!.toStored(hpaV1.conversion!.fromStored(structuredClone(stored)))).to.deep.equal(stored);
      }),
    );
  });

  it('write annotations of autoscalers as they always were', () => {
    const shown: any = hpaV1.conversion!.fromStored({
      metadata: {},
      spec: {
        metrics: [
          {
            type: 'Object',
            object: {
              describedObject: { kind: 'K', name: 'n' },
              metric: { name: 'm' },
              target: { type: 'Value', value: '3' },
            },
          },
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
      },
    });
    const { annotations } = shown.metadata;
    expect(JSON.parse(annotations['autoscaling.alpha.kubernetes.io/metrics'])).to.deep.equal([
      { type: 'Object', object: { target: { kind: 'K', name: 'n' }, metricName: 'm', targetValue: '3' } },
    ]);
    expect(JSON.parse(annotations['autoscaling.alpha.kubernetes.io/behavior'])).to.deep.equal({
      ScaleDown: { StabilizationWindowSeconds: 5 },
    });
  });

  it('keep an annotation that cannot be read', () => {
    const metadata = { name: 'h', annotations: { 'autoscaling.alpha.kubernetes.io/metrics': 'not json' } };
    expect((hpaV1.conversion!.toStored({ metadata, spec: {} } as any) as any).metadata).to.deep.equal(metadata);
  });

  it('keep all of the oldest shape of device requests and devices', () => {
    keepsAll(resourceClaim, claimSpec);
    keepsAll(resourceClaimTemplate, fc.record({ metadata: fc.constant({ labels: { a: 'b' } }), spec: claimSpec }));
    keepsAll(resourceSlice, fc.record({ driver: word, devices: fc.array(device) }));
  });

  it('apply the rules of the stored version', () => {
    const spec = {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 0,
      targetCPUUtilizationPercentage: 0,
    };
    expect(createErrors(hpaV1, { spec })).to.include(
      'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    );
  });
});
