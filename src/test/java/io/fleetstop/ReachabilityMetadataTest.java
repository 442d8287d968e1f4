package io.fleetstop;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.DescribeRegions;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StartInstance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstances;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** The native image metadata lists exactly what the client reaches by reflection. */
class ReachabilityMetadataTest {

  private static final String METADATA =
      "/META-INF/native-image/io.fleetstop/fleetstop/reachability-metadata.json";

  private static JsonNode metadata() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ReachabilityMetadataTest.class.getResourceAsStream(METADATA))) {
      return JsonMapper.builder().build().readTree(in);
    }
  }

  /** An action that records the types its reply is decoded to. */
  private record Recording<T>(EcsAction<T> recorded, Set<Class<?>> seen) implements EcsAction<T> {

    @Override
    public String action() {
      return recorded.action();
    }

    @Override
    public Map<String, String> parameters() {
      return recorded.parameters();
    }

    @Override
    public Idempotency idempotency() {
      return recorded.idempotency();
    }

    @Override
    public @Nullable String clientToken() {
      return recorded.clientToken();
    }

    @Override
    public EcsAction<T> withClientToken(String clientToken) {
      return new Recording<>(recorded.withClientToken(clientToken), seen);
    }

    @Override
    public boolean isSuccess(ErrorCode errorCode) {
      return recorded.isSuccess(errorCode);
    }

    @Override
    public T decode(Reply reply) {
      return recorded.decode(
          new Reply() {
            @Override
            public String requestId() {
              return reply.requestId();
            }

            @Override
            public int attempts() {
              return reply.attempts();
            }

            @Override
            public <B> B result(Class<B> type) {
              seen.add(type);
              return reply.result(type);
            }
          });
    }
  }

  /** A reply with a result without fields. */
  private static final class EmptyReply implements EcsAction.Reply {

    @Override
    public String requestId() {
      return "r";
    }

    @Override
    public int attempts() {
      return 1;
    }

    @Override
    public <B> B result(Class<B> type) {
      return new JsonMapper().readValue("{}", type);
    }
  }

  @Test
  void listedTypes_areThoseRepliesAreDecodedTo() throws IOException {
    Set<Class<?>> seen = ConcurrentHashMap.newKeySet();
    EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();
    try {
      EcsClient client =
          EcsClient.builder()
              .region("cn-beijing")
              .endpoint(simulator.endpoint())
              .credentials(
                  CredentialsProvider.fixed(
                      Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
              .build();
      EcsAction<?> stop = StopInstance.of("i-sim0000000001");
      EcsAction<?> batch = StopInstances.of(List.of(InstanceId.of("i-sim0000000002")));
      EcsAction<?> describe = DescribeInstances.builder().build();
      StepVerifier.create(client.call(new Recording<>(stop, seen)).then())
          .expectComplete()
          .verify(Duration.ofSeconds(20));
      StepVerifier.create(client.call(new Recording<>(batch, seen)).then())
          .expectComplete()
          .verify(Duration.ofSeconds(20));
      StepVerifier.create(client.call(new Recording<>(describe, seen)).then())
          .expectComplete()
          .verify(Duration.ofSeconds(20));
    } finally {
      simulator.dispose();
    }
    new Recording<>(StartInstance.of("i-1"), seen).decode(new EmptyReply());
    new Recording<>(DescribeRegions.first(), seen).decode(new EmptyReply());
    Set<String> decoded = new TreeSet<>();
    seen.forEach(type -> addWithComponents(type, decoded));
    // What Jackson reads of an outcome to write it.
    decoded.addAll(Set.of(OutcomeJson.class.getName(), ShutdownOutcome.class.getName()));
    Set<String> registered = new TreeSet<>();
    for (JsonNode entry : metadata().path("reflection")) {
      registered.add(entry.path("type").asString());
      assertThat(entry.path("allDeclaredConstructors").asBoolean()).isTrue();
      assertThat(entry.path("allDeclaredMethods").asBoolean()).isTrue();
      assertThat(entry.path("allDeclaredFields").asBoolean()).isTrue();
    }
    assertThat(registered).isNotEmpty().isEqualTo(decoded);
  }

  private static void addWithComponents(Type type, Set<String> names) {
    if (type instanceof ParameterizedType generic) {
      for (Type argument : generic.getActualTypeArguments()) {
        addWithComponents(argument, names);
      }
    } else if (type instanceof Class<?> raw
        && raw.getName().startsWith("io.fleetstop.")
        && names.add(raw.getName())
        && raw.isRecord()) {
      for (RecordComponent component : raw.getRecordComponents()) {
        addWithComponents(component.getGenericType(), names);
      }
    }
  }

  /** The test above covers what the shipped actions decode; no other class binds objects. */
  @Test
  void onlyListedTypes_areDecodedByReflection() {
    Set<String> binding =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.fleetstop")
                .stream()
                .filter(
                    resideInAnyPackage("io.fleetstop.cli..", "io.fleetstop.simulator..").negate())
                .filter(ReachabilityMetadataTest::bindsObjects)
                .map(type -> type.getName().replaceAll("\\$.*", ""))
                .collect(Collectors.toSet());
    assertThat(binding)
        .containsExactlyInAnyOrder(
            "io.fleetstop.DamagedPage", "io.fleetstop.ReplyJson", "io.fleetstop.StreamingReply");
    Set<String> decoding =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.fleetstop")
                .stream()
                .filter(type -> type.isAssignableTo(EcsAction.class) && !type.isInterface())
                .map(JavaClass::getName)
                .collect(Collectors.toSet());
    assertThat(decoding)
        .containsExactlyInAnyOrder(
            StartInstance.class.getName(),
            StopInstance.class.getName(),
            StopInstances.class.getName(),
            DescribeInstances.class.getName(),
            DescribeRegions.class.getName());
  }

  private static boolean bindsObjects(JavaClass type) {
    return type.getMethodCallsFromSelf().stream().anyMatch(ReachabilityMetadataTest::binds);
  }

  private static boolean binds(JavaMethodCall call) {
    JavaClass owner = call.getTargetOwner();
    return (owner.isAssignableTo(ObjectMapper.class) || owner.isAssignableTo(ObjectReader.class))
        && Set.of("treeToValue", "readValue", "convertValue", "valueToTree", "updateValue")
            .contains(call.getName());
  }

  @Test
  void listedResources_exist() throws IOException {
    Set<String> globs = new TreeSet<>();
    for (JsonNode entry : metadata().path("resources")) {
      String glob = entry.path("glob").asString();
      globs.add(glob);
      assertThat(getClass().getResource("/" + glob)).as(glob).isNotNull();
    }
    assertThat(globs).containsExactly("io/fleetstop/transport/version.properties");
  }
}
