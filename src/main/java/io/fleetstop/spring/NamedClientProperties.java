package io.fleetstop.spring;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The properties of one client below {@code fleetstop.clients}. What it does not set is taken from
 * {@code fleetstop}, except that credentials of its own replace the shared ones as a whole: a key
 * is never completed by half of another; and a rate replaces a maximum rate, and the reverse. A
 * client with credentials of its own and no account is an account of its own, which has the
 * client's name.
 */
final class NamedClientProperties {

  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("fleetstop");
  private static final ConfigurationPropertyName CLIENTS = ROOT.append("clients");
  private static final ConfigurationPropertyName ACCOUNT = ROOT.append("account");
  private static final ConfigurationPropertyName CREDENTIALS = ROOT.append("credentials");

  // One of the two replaces the other: a pace is either fixed or adaptive.
  private static final ConfigurationPropertyName RATE = ROOT.append("pace.rate");
  private static final ConfigurationPropertyName MAX_RATE = ROOT.append("pace.max-rate");

  private static final List<String> CREDENTIALS_PROPERTIES =
      List.of("access-key-id", "secret-access-key", "session-token", "profile");

  private static final Bindable<String> TEXT = Bindable.of(String.class);

  private final Environment environment;

  /** As its source spells it: a name that only brackets allow could not be parsed again. */
  private final ConfigurationPropertyName own;

  private NamedClientProperties(Environment environment, ConfigurationPropertyName own) {
    this.environment = environment;
    this.own = own;
  }

  /** Returns the properties of each configured client. */
  static Collection<NamedClientProperties> all(Environment environment) {
    // By the form in which names are equal; the variables of a shell know no upper case.
    Map<String, NamedClientProperties> clients = new LinkedHashMap<>();
    int element = CLIENTS.getNumberOfElements();
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      if (source instanceof IterableConfigurationPropertySource iterable) {
        for (ConfigurationPropertyName property : iterable) {
          if (property.getNumberOfElements() > element + 1 && CLIENTS.isAncestorOf(property)) {
            clients.put(
                property.getElement(element, Form.UNIFORM),
                new NamedClientProperties(environment, property.chop(element + 1)));
          }
        }
      }
    }
    return clients.values();
  }

  String name() {
    return own.getLastElement(Form.ORIGINAL);
  }

  String prefix() {
    return own.toString();
  }

  /** Returns the prefix of a group of these properties. */
  String group(String name) {
    return own.append(name).toString();
  }

  /**
   * Binds and validates the properties.
   *
   * @throws InvalidPropertyException if one is rejected
   */
  FleetstopProperties bind() {
    boolean ownCredentials = overridesCredentials();
    ConfigurationPropertyName replaced =
        isSet("pace.rate") ? MAX_RATE : isSet("pace.max-rate") ? RATE : null;
    List<ConfigurationPropertySource> sources = new ArrayList<>();
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      sources.add(name -> moved(source, name));
    }
    if (ownCredentials) {
      sources.add(
          name -> name.equals(ACCOUNT) ? new ConfigurationProperty(name, name(), null) : null);
    }
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      sources.add(
          name ->
              (ownCredentials && CREDENTIALS.isAncestorOf(name)) || Objects.equals(name, replaced)
                  ? null
                  : source.getConfigurationProperty(name));
    }
    try {
      return new Binder(sources, new PropertySourcesPlaceholdersResolver(environment))
          .bindOrCreate(ROOT.toString(), FleetstopProperties.class);
    } catch (BindException e) {
      InvalidPropertyException wrongType = PropertyRules.wrongType(e, own);
      if (wrongType != null) {
        throw wrongType;
      }
      InvalidPropertyException invalid = InvalidPropertyException.find(e);
      if (invalid == null) {
        throw e;
      }
      String group = own + invalid.group().substring(ROOT.toString().length());
      throw new InvalidPropertyException(group, invalid.rule(), e);
    }
  }

  /** Returns what the client itself sets for a property of {@code fleetstop}. */
  private @Nullable ConfigurationProperty moved(
      ConfigurationPropertySource source, ConfigurationPropertyName name) {
    return ROOT.isAncestorOf(name)
        ? source.getConfigurationProperty(own.append(name.subName(ROOT.getNumberOfElements())))
        : null;
  }

  boolean overridesCredentials() {
    return CREDENTIALS_PROPERTIES.stream().anyMatch(property -> isSet("credentials." + property));
  }

  /** Whether the client itself sets a property, other than to blank. */
  private boolean isSet(String property) {
    return !Binder.get(environment).bind(own.append(property), TEXT).orElse("").isBlank();
  }

  /** Matches if there is a named client. */
  static final class Exist extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(
        ConditionContext context, AnnotatedTypeMetadata metadata) {
      ConditionMessage.Builder message = ConditionMessage.forCondition("Named client");
      return all(context.getEnvironment()).isEmpty()
          ? ConditionOutcome.noMatch(message.because("nothing is set below " + CLIENTS))
          : ConditionOutcome.match(message.found("properties below").items(CLIENTS));
    }
  }

  /** Whether the client sets a property of a group, for example {@code retry}. */
  boolean overrides(String group) {
    ConfigurationPropertyName ancestor = own.append(group);
    Predicate<ConfigurationPropertyName> inGroup = ancestor::isAncestorOf;
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      if (source instanceof IterableConfigurationPropertySource iterable
          && iterable.stream().anyMatch(inGroup)) {
        return true;
      }
    }
    return false;
  }
}
