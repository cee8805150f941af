// The provider that the OpenTelemetry API hands its spans to. The API takes one provider for the life of the process and its
// tracers remember it; several runtimes in one process (tests, `all` restarted) need it to be exchangeable.

import { ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';

/** Open providers; the last one gets the spans. */
const installed: TracerProvider[] = [];

/** Makes spans that do nothing but carry their parent's context. */
const none: TracerProvider = new ProxyTracerProvider();

/** Directs all spans of the process to `provider` until the returned function is called. */
export function installProvider(provider: TracerProvider): () => void {
  trace.setGlobalTracerProvider(switchboard); // only the first call has an effect
  installed.push(provider);
  return () => {
    const at = installed.indexOf(provider);
    if (at >= 0) installed.splice(at, 1);
  };
}

const switchboard: TracerProvider = {
  getTracer(name, version, options) {
    let from: TracerProvider = none;
    let tracer = none.getTracer(name, version, options);
    const current = (): Tracer => {
      const provider = installed.at(-1) ?? none;
      if (provider !== from) {
        from = provider;
        tracer = provider.getTracer(name, version, options);
      }
      return tracer;
    };
    return {
      startSpan: (...args) => current().startSpan(...args),
      startActiveSpan: (...args: unknown[]) => Reflect.apply(current().startActiveSpan, current(), args),
    } as Tracer;
  },
};
