import { expect } from 'chai';
import { IngressMetrics } from '../../src/ingress/metrics.ts';

describe('the metrics of an ingress', () => {
  it('forget Ingresses that are gone, and count anew those that come back', () => {
    const metrics = new IngressMetrics();
    for (const ingress of ['default/a', 'default/b', '']) metrics.answered(ingress, 200, 0.01);
    metrics.retried('default/b');
    metrics.keep(new Set(['default/a']));
    const counted = () =>
      metrics.registry
        .render()
        .split('\n')
        .filter((line) => /^coxswain_ingress_(requests_total|retries_total|request_duration_seconds_count)/.test(line));
    const [a, none] = ['default/a', ''].map(
      (name) => `coxswain_ingress_requests_total{ingress="${name}",code="200"} 1`,
    );
    const times = ['default/a', ''].map(
      (name) => `coxswain_ingress_request_duration_seconds_count{ingress="${name}"} 1`,
    );
    expect(counted()).to.have.members([a, none, ...times]);
    metrics.answered('default/b', 200, 0.01);
    expect(counted()).to.include('coxswain_ingress_requests_total{ingress="default/b",code="200"} 1');
  });
});
