package io.fleetstop;

import io.fleetstop.error.Printable;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of the platform, by the rules of the official SDKs ({@code
 * DefaultEndpointProvider}, {@code StandardEndpointProvider}). Immutable; every {@code with} method
 * returns a changed copy.
 *
 * <p>Every service counts as regional, as ECS is. In a host name, the letters of the service become
 * lower case and {@code _} becomes {@code -}. All addresses are {@code https}.
 */
public final class VolcengineEndpoints implements EndpointResolver {

  private static final URI OPEN = URI.create("https://open.volcengineapi.com");
  private static final String SUFFIX = "volcengineapi.com";
  private static final String DUAL_STACK_SUFFIX = "volcengine-api.com";
  private static final String BOOTSTRAP_FILE = "VOLC_BOOTSTRAP_REGION_LIST_CONF";
  private static final String DUAL_STACK = "VOLC_ENABLE_DUALSTACK";
  private static final Pattern REGION = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final Set<String> BOOTSTRAP =
      Set.of(
          "cn-beijing-autodriving",
          "cn-shanghai-autodriving",
          "cn-beijing-selfdrive",
          "ap-southeast-2",
          "ap-southeast-3");

  private final boolean alwaysRegional;
  private final boolean dualStack;
  private final Set<String> bootstrapRegions;

  private VolcengineEndpoints(
      boolean alwaysRegional, boolean dualStack, Set<String> bootstrapRegions) {
    this.alwaysRegional = alwaysRegional;
    this.dualStack = dualStack;
    this.bootstrapRegions = bootstrapRegions;
  }

  /**
   * The SDKs' default resolver: {@code open.volcengineapi.com}, which serves every region except
   * the bootstrap regions, which have {@code ecs.<region>.volcengineapi.com}. Those are {@code
   * cn-beijing-autodriving}, {@code cn-shanghai-autodriving}, {@code cn-beijing-selfdrive}, {@code
   * ap-southeast-2} and {@code ap-southeast-3}.
   */
  public static VolcengineEndpoints defaults() {
    return new VolcengineEndpoints(false, false, BOOTSTRAP);
  }

  /**
   * The SDKs' standard resolver: {@code ecs.<region>.volcengineapi.com} in every region. The SDKs
   * also reject unknown regions; this resolver accepts every well-formed region.
   */
  public static VolcengineEndpoints standard() {
    return new VolcengineEndpoints(true, false, BOOTSTRAP);
  }

  /**
   * Whether regional addresses are those that serve IPv6 as well as IPv4, which end in {@code
   * volcengine-api.com}. Default {@code false}. {@code open.volcengineapi.com} stays as it is: of
   * {@link #defaults()}, only the bootstrap regions change.
   */
  public VolcengineEndpoints withDualStack(boolean dualStack) {
    return new VolcengineEndpoints(alwaysRegional, dualStack, bootstrapRegions);
  }

  /**
   * Adds bootstrap regions to those of {@link #defaults()}.
   *
   * @throws IllegalArgumentException if one is malformed
   */
  public VolcengineEndpoints withBootstrapRegions(Collection<String> regions) {
    Set<String> all = new LinkedHashSet<>(bootstrapRegions);
    regions.forEach(region -> all.add(requireRegion("bootstrap region", region)));
    return new VolcengineEndpoints(alwaysRegional, dualStack, Set.copyOf(all));
  }

  /**
   * Applies the variables of the official SDKs: {@code VOLC_ENABLE_DUALSTACK}, {@code true} or not,
   * and {@code VOLC_BOOTSTRAP_REGION_LIST_CONF}, a file with one additional bootstrap region per
   * line. A variable that is unset or empty changes nothing. Read once, by this call, which blocks
   * while it reads the file.
   *
   * @throws IllegalArgumentException if the file cannot be read, or a line is not a region
   */
  public VolcengineEndpoints withEnvironment() {
    return withEnvironment(System::getenv);
  }

  /** The same, with a lookup that returns {@code null} for an unset variable. */
  public VolcengineEndpoints withEnvironment(UnaryOperator<@Nullable String> lookup) {
    String dualStack = lookup.apply(DUAL_STACK);
    String file = lookup.apply(BOOTSTRAP_FILE);
    VolcengineEndpoints result =
        dualStack == null || dualStack.isBlank() ? this : withDualStack(isTrue(dualStack));
    return file == null || file.isBlank() ? result : result.withBootstrapRegions(regionsOf(file));
  }

  @Override
  public URI resolve(String service, String region) {
    requireRegion("region", region);
    if (!alwaysRegional && !bootstrapRegions.contains(region)) {
      return OPEN;
    }
    String name = service.toLowerCase(Locale.ROOT).replace('_', '-');
    String suffix = dualStack ? DUAL_STACK_SUFFIX : SUFFIX;
    return URI.create("https://" + name + "." + region + "." + suffix);
  }

  /**
   * Returns a well-formed region.
   *
   * @throws IllegalArgumentException if it is not
   */
  static String requireRegion(String field, String region) {
    Objects.requireNonNull(region, field);
    if (!REGION.matcher(region).matches()) {
      throw new IllegalArgumentException(
          field
              + " must be lower-case letters, digits and '-', such as cn-beijing, was \""
              + Printable.of(region)
              + "\"");
    }
    return region;
  }

  private static boolean isTrue(String value) {
    return value.strip().equalsIgnoreCase("true");
  }

  private static List<String> regionsOf(String file) {
    try {
      byte[] text = SmallFile.read(Path.of(file), SmallFile.MAX_TEXT);
      return new String(text, StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .map(line -> requireRegion("line of " + BOOTSTRAP_FILE, line))
          .toList();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          BOOTSTRAP_FILE
              + " must name a file that can be read, was \""
              + file
              + "\": "
              + SmallFile.reason(e),
          e);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          BOOTSTRAP_FILE + " must name a file, was \"" + file + "\"", e);
    }
  }

  @Override
  public String toString() {
    return "VolcengineEndpoints["
        + (alwaysRegional ? "standard" : "default")
        + (dualStack ? ", dual stack" : "")
        + "]";
  }
}
