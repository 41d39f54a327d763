import { expect } from 'chai';
import { mergeMatchLabelKeys } from '../../../src/api/core-v1/match-label-keys.ts';

describe('matchLabelKeys', () => {
  const term = (more: object) => ({ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } }, ...more });
  const labels = { app: 'web', hash: '1', team: 'x' };

  it('become part of the selectors of affinity', () => {
    const spec: any = {
      containers: [],
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ matchLabelKeys: ['hash', 'absent'] })] },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: term({ matchLabelKeys: ['hash'], mismatchLabelKeys: ['team'] }) },
          ],
        },
      },
    };
    mergeMatchLabelKeys(spec, labels);
    const hash = { key: 'hash', operator: 'In', values: ['1'] };
    const near = spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0];
    const far = spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm;
    expect(near.labelSelector).to.deep.equal({ matchLabels: { app: 'web' }, matchExpressions: [hash] });
    expect(far.labelSelector.matchExpressions).to.deep.equal([hash, { key: 'team', operator: 'NotIn', values: ['x'] }]);
  });

  it('change nothing where there is no selector', () => {
    const bare = { topologyKey: 'z', matchLabelKeys: ['hash'] };
    const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [{ ...bare }] };
    mergeMatchLabelKeys({ containers: [], affinity: { podAffinity } }, labels);
    expect(podAffinity.requiredDuringSchedulingIgnoredDuringExecution).to.deep.equal([bare]);
  });
});
