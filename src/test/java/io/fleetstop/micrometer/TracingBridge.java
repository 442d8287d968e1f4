package io.fleetstop.micrometer;

import io.micrometer.observation.ObservationHandler.FirstMatchingCompositeObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingSenderTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.EventPublishingContextWrapper;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelPropagator;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.micrometer.tracing.otel.bridge.Slf4JEventListener;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.MDC;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.spi.MDCAdapter;

/** Micrometer Tracing on OpenTelemetry, as in an application, with spans kept in memory. */
final class TracingBridge implements AutoCloseable {

  private static final Slf4JEventListener TO_MDC = new Slf4JEventListener();

  static {
    // Once per process, before any other use of the context of OpenTelemetry.
    ContextStorage.addWrapper(new EventPublishingContextWrapper(TO_MDC::onEvent));
  }

  private final List<SpanData> spans = new CopyOnWriteArrayList<>();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder()
          .addSpanProcessor(SimpleSpanProcessor.create(new Keeper()))
          .build();
  private final ObservationRegistry registry = ObservationRegistry.create();
  private final Tracer tracer;
  private final ObservationRegistry registryBefore;
  private final MDCAdapter mdcBefore;

  TracingBridge() throws ReflectiveOperationException {
    io.opentelemetry.api.trace.Tracer otel = provider.get("test");
    tracer = new OtelTracer(otel, new OtelCurrentTraceContext(), TO_MDC::onEvent);
    OtelPropagator propagator =
        new OtelPropagator(
            ContextPropagators.create(W3CTraceContextPropagator.getInstance()), otel);
    registry
        .observationConfig()
        .observationHandler(
            new FirstMatchingCompositeObservationHandler(
                new PropagatingSenderTracingObservationHandler<>(tracer, propagator),
                new DefaultTracingObservationHandler(tracer)));
    registryBefore = ObservationThreadLocalAccessor.getInstance().getObservationRegistry();
    ObservationThreadLocalAccessor.getInstance().setObservationRegistry(registry);
    // The logger of these tests has no MDC; the adapter of SLF4J has.
    mdcBefore = MDC.getMDCAdapter();
    mdc(new BasicMDCAdapter());
  }

  private static void mdc(MDCAdapter adapter) throws ReflectiveOperationException {
    Field field = MDC.class.getDeclaredField("MDC_ADAPTER");
    field.setAccessible(true);
    field.set(null, adapter);
  }

  ObservationRegistry registry() {
    return registry;
  }

  Tracer tracer() {
    return tracer;
  }

  /** Returns the ended spans, oldest first. */
  List<SpanData> spans() {
    return spans;
  }

  @Override
  public void close() throws ReflectiveOperationException {
    ObservationThreadLocalAccessor.getInstance().setObservationRegistry(registryBefore);
    mdc(mdcBefore);
    provider.close();
  }

  private final class Keeper implements SpanExporter {

    @Override
    public CompletableResultCode export(Collection<SpanData> ended) {
      spans.addAll(ended);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
