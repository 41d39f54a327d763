import { expect } from 'chai';
import { Exchange, type ApiRequest, type ApiResponse } from '../../../src/apiserver/exchange/exchange.ts';

const exchangeOf = (url: string) => new Exchange({ url } as ApiRequest, {} as ApiResponse);

describe('Exchange', () => {
  it('reads flags as clients of all languages write them', () => {
    const exchange = exchangeOf('/api/v1/pods?watch=True&follow=1&pretty&tty=False&stdin=0');
    expect(['watch', 'follow', 'pretty'].map((name) => exchange.flag(name))).to.deep.equal([true, true, true]);
    expect(['tty', 'stdin', 'absent'].map((name) => exchange.flag(name))).to.deep.equal([false, false, false]);
  });
});
