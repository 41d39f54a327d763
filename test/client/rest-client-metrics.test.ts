import { expect } from 'chai';
import { MetricRegistry } from '../../src/base/metrics.ts';
import { RestClientMetrics } from '../../src/client/rest-client-metrics.ts';

describe('metrics of clients', () => {
  it('tell how requests ended, also those that got no answer', async () => {
    const registry = new MetricRegistry();
    const answers = [200, 200, 404, undefined];
    const exchange = new RestClientMetrics(registry).counted(async () => {
      const status = answers.shift();
      if (!status) throw new Error('gone');
      return { status, headers: {}, body: (async function* () {})() };
    }, 'here');
    for (let i = 0; i < 4; i++) await exchange({ method: 'GET', url: '/', headers: {} }).catch(() => {});
    expect(registry.render().trim().split('\n').slice(2)).to.deep.equal([
      'rest_client_requests_total{code="200",method="GET",host="here"} 2',
      'rest_client_requests_total{code="404",method="GET",host="here"} 1',
      'rest_client_requests_total{code="<error>",method="GET",host="here"} 1',
    ]);
  });
});
