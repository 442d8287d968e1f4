package io.fleetstop.testkit;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A JUnit extension that gives each test a simulator of its own, and a client of it. A test method
 * declares what it needs as parameters: {@link EcsSimulator}, {@link EcsClient}, {@link
 * EcsClientBuilder} with region, endpoint and credentials, {@link SimulatorAssert}. The simulator
 * and the client are closed after the test.
 *
 * <p>With {@code @ExtendWith(SimulatorExtension.class)} the simulator has 100 running instances.
 * {@link #with} starts from an empty one:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SimulatorExtension SERVICE = SimulatorExtension.with(s -> s.instances(3));
 * }</pre>
 */
public final class SimulatorExtension implements ParameterResolver, AfterEachCallback {

  /** The number of instances unless the simulator is customized. */
  static final int INSTANCES = 100;

  private static final String REGION = "cn-beijing";
  private static final Namespace NAMESPACE = Namespace.create(SimulatorExtension.class);

  private final UnaryOperator<EcsSimulatorBuilder> customizer;

  /** Creates the extension for {@code @ExtendWith}. */
  public SimulatorExtension() {
    this(simulator -> simulator.instances(INSTANCES));
  }

  private SimulatorExtension(UnaryOperator<EcsSimulatorBuilder> customizer) {
    this.customizer = Objects.requireNonNull(customizer, "customizer");
  }

  /** Creates the extension for {@code @RegisterExtension}; the simulator starts empty. */
  public static SimulatorExtension with(UnaryOperator<EcsSimulatorBuilder> customizer) {
    return new SimulatorExtension(customizer);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return context.getTestMethod().isPresent()
        && (type == EcsSimulator.class
            || type == EcsClient.class
            || type == EcsClientBuilder.class
            || type == SimulatorAssert.class);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    EcsSimulator simulator = simulator(context);
    Class<?> type = parameter.getParameter().getType();
    if (type == EcsSimulator.class) {
      return simulator;
    }
    if (type == SimulatorAssert.class) {
      return SimulatorAssert.assertThatService(simulator);
    }
    return type == EcsClientBuilder.class ? builder(simulator) : client(context, simulator);
  }

  private EcsSimulator simulator(ExtensionContext context) {
    return Objects.requireNonNull(
        context
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(
                EcsSimulator.class,
                key -> customizer.apply(EcsSimulator.builder()).startNow(),
                EcsSimulator.class));
  }

  private static EcsClientBuilder builder(EcsSimulator simulator) {
    return EcsClient.builder()
        .region(REGION)
        .endpoint(simulator.endpoint())
        .credentials(
            CredentialsProvider.fixed(
                Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())));
  }

  private static EcsClient client(ExtensionContext context, EcsSimulator simulator) {
    return Objects.requireNonNull(
        context
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(
                EcsClient.class, key -> builder(simulator).build(), EcsClient.class));
  }

  /** Closes the client and the simulator of the test. */
  @Override
  public void afterEach(ExtensionContext context) {
    EcsClient client = context.getStore(NAMESPACE).get(EcsClient.class, EcsClient.class);
    EcsSimulator simulator =
        context.getStore(NAMESPACE).get(EcsSimulator.class, EcsSimulator.class);
    if (client != null) {
      client.close();
    }
    if (simulator != null) {
      simulator.dispose();
    }
  }
}
