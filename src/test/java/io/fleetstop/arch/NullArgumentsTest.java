package io.fleetstop.arch;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.Waves;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StartInstance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstances;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.TransportOptions;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An argument that is {@code null} is refused where it is given, with the name of its parameter.
 */
class NullArgumentsTest {

  private static final EcsClient CLIENT =
      EcsClient.builder()
          .region("cn-beijing")
          .credentials(CredentialsProvider.fixed(Credentials.of("AKLTnull", "bnVsbA")))
          .transport((request, maySend) -> Mono.never())
          .build();

  private static final List<Class<?>> TYPES =
      List.of(
          EcsClient.class,
          InstanceId.class,
          StopInstance.class,
          StopInstances.class,
          StartInstance.class,
          DescribeInstances.class,
          FleetShutdown.class,
          FleetStart.class,
          ShutdownOptions.class,
          ShutdownJournal.class,
          JournaledRun.class,
          JournalState.class,
          FailureLimit.class,
          Target.class,
          Waves.class,
          EcsException.class,
          AwaitOptions.class,
          RetryPolicy.class,
          Backoff.class,
          AdaptiveOptions.class,
          TransportOptions.class);

  private static final List<Supplier<Object>> BUILDERS =
      List.of(
          EcsClient::builder,
          () -> StopInstance.builder(),
          () -> StopInstances.builder(),
          () -> StartInstance.builder(),
          () -> DescribeInstances.builder(),
          () -> FleetShutdown.builder(CLIENT),
          () -> FleetShutdown.create(CLIENT, ShutdownOptions.defaults()),
          () -> FleetStart.builder(CLIENT),
          ShutdownOptions::builder,
          Waves::none,
          () -> AwaitOptions.builder(),
          RetryPolicy::builder,
          AdaptiveOptions::builder,
          TransportOptions::builder);

  private static final Map<Class<?>, Object> SAMPLES = new LinkedHashMap<>();

  static {
    SAMPLES.put(EcsClient.class, CLIENT);
    SAMPLES.put(String.class, "x");
    SAMPLES.put(InstanceId.class, InstanceId.of("i-1"));
    SAMPLES.put(ShutdownOptions.class, ShutdownOptions.builder().runId("r").build());
    SAMPLES.put(Path.class, Path.of("x"));
    SAMPLES.put(URI.class, URI.create("http://127.0.0.1"));
    SAMPLES.put(Duration.class, Duration.ofSeconds(1));
    SAMPLES.put(Delivery.class, Delivery.NOT_SENT);
    SAMPLES.put(ClientErrors.CLOSED.getClass(), ClientErrors.CLOSED);
    SAMPLES.put(Waves.class, Waves.none());
    SAMPLES.put(org.reactivestreams.Publisher.class, Flux.empty());
    SAMPLES.put(int.class, 1);
    SAMPLES.put(long.class, 1L);
    SAMPLES.put(double.class, 1.0);
    SAMPLES.put(boolean.class, false);
  }

  @Test
  void nullIsRefusedByName() {
    List<String> wrong = new ArrayList<>();
    int refused = 0;
    for (Class<?> type : TYPES) {
      for (Executable made :
          Stream.<Executable>concat(
                  Arrays.stream(type.getMethods())
                      .filter(method -> Modifier.isStatic(method.getModifiers())),
                  Arrays.stream(type.getConstructors()))
              .toList()) {
        refused += check(made, null, wrong);
      }
    }
    for (Supplier<Object> builder : BUILDERS) {
      for (Method method : builder.get().getClass().getMethods()) {
        if (!Modifier.isStatic(method.getModifiers())
            && method.getDeclaringClass() != Object.class
            && !method.getName().equals("equals")) {
          refused += check(method, builder, wrong);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(refused).isGreaterThan(80);
  }

  private static int check(
      Executable method, @Nullable Supplier<Object> receiver, List<String> wrong) {
    int refused = 0;
    Parameter[] parameters = method.getParameters();
    for (int i = 0; i < parameters.length; i++) {
      Object @Nullable [] arguments = arguments(parameters, i);
      if (parameters[i].getType().isPrimitive() || isNullable(parameters[i]) || arguments == null) {
        continue;
      }
      Optional<String> problem =
          problem(method, receiver == null ? null : receiver.get(), arguments, parameters[i]);
      problem.ifPresent(wrong::add);
      refused++;
    }
    return refused;
  }

  private static boolean isNullable(Parameter parameter) {
    return Stream.<AnnotatedElement>of(parameter, parameter.getAnnotatedType())
        .anyMatch(element -> element.isAnnotationPresent(Nullable.class));
  }

  private static Object @Nullable [] arguments(Parameter[] parameters, int absent) {
    Object[] arguments = new Object[parameters.length];
    for (int i = 0; i < arguments.length; i++) {
      if (i != absent) {
        arguments[i] = SAMPLES.get(parameters[i].getType());
        if (arguments[i] == null) {
          return null;
        }
      }
    }
    return arguments;
  }

  private static Optional<String> problem(
      Executable method, @Nullable Object receiver, Object[] arguments, Parameter parameter) {
    String name = method.getDeclaringClass().getSimpleName() + "." + method.getName();
    String place = name + "(" + parameter.getName() + "): ";
    try {
      Object unused =
          method instanceof Constructor<?> constructor
              ? constructor.newInstance(arguments)
              : ((Method) method).invoke(receiver, arguments);
      return Optional.of(place + "accepted");
    } catch (InvocationTargetException e) {
      Throwable thrown = Objects.requireNonNull(e.getCause());
      String message = String.valueOf(thrown.getMessage());
      boolean named =
          (thrown instanceof NullPointerException || thrown instanceof IllegalArgumentException)
              && message
                  .toLowerCase(Locale.ROOT)
                  .contains(parameter.getName().toLowerCase(Locale.ROOT))
              && !message.startsWith("Cannot ");
      return named ? Optional.empty() : Optional.of(place + thrown);
    } catch (ReflectiveOperationException e) {
      return Optional.of(place + e);
    }
  }
}
