import { AdmissionChain } from '../../admission/chain.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../admission/plugin.ts';
import type { AdmissionMetrics } from './admission-metrics.ts';

/** The admission chain with its time taken: as a whole, and of each plugin. */
export class MeasuredChain extends AdmissionChain {
  readonly #metrics: AdmissionMetrics;

  constructor(metrics: AdmissionMetrics, plugins: readonly AdmissionPlugin[], context: AdmissionContext) {
    super(metrics.measured(plugins), context);
    this.#metrics = metrics;
  }

  override admit(request: AdmissionRequest): Promise<void> {
    return this.#metrics.step('admit', request.operation, () => super.admit(request));
  }

  override validate(request: AdmissionRequest): Promise<void> {
    return this.#metrics.step('validate', request.operation, () => super.validate(request));
  }
}
