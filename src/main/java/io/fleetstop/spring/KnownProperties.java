package io.fleetstop.spring;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Rejects names below {@code fleetstop} that no property has: a misspelt {@code dry-run} would stop
 * instances. Variables and the properties of the JVM are not checked, which may belong to the
 * command line or to the tests of an application.
 */
final class KnownProperties {

  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("fleetstop");
  private static final ConfigurationPropertyName CLIENTS = ROOT.append("clients");

  private static final Set<String> UNCHECKED =
      Set.of(
          StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
          StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);

  private final Set<ConfigurationPropertyName> names = new HashSet<>();

  private KnownProperties() {
    // The binder asks for every property, so that there is no list of names to maintain.
    ConfigurationPropertySource recorder =
        name -> {
          names.add(name);
          return null;
        };
    Binder binder = new Binder(List.of(recorder));
    binder.bindOrCreate(ROOT.toString(), FleetstopProperties.class);
    binder.bindOrCreate(ROOT.append("redis").toString(), FleetstopRedisProperties.class);
  }

  /**
   * Checks the names that the application sets.
   *
   * @throws InvalidPropertyException if one is unknown
   */
  static void check(Environment environment) {
    KnownProperties known = new KnownProperties();
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      boolean unchecked =
          source.getUnderlyingSource() instanceof PropertySource<?> underlying
              && UNCHECKED.contains(underlying.getName());
      if (!unchecked && source instanceof IterableConfigurationPropertySource iterable) {
        for (ConfigurationPropertyName name : iterable) {
          known.check(name);
        }
      }
    }
  }

  private void check(ConfigurationPropertyName name) {
    if (!ROOT.isAncestorOf(name)) {
      return;
    }
    int prefix =
        CLIENTS.isAncestorOf(name) ? CLIENTS.getNumberOfElements() + 1 : ROOT.getNumberOfElements();
    ConfigurationPropertyName group = ROOT;
    for (int i = prefix; i < name.getNumberOfElements(); i++) {
      ConfigurationPropertyName next = group.append(name.getElement(i, Form.DASHED));
      if (!names.contains(next)) {
        throw InvalidPropertyException.unknown(
            name.chop(i).toString(),
            name.getElement(i, Form.ORIGINAL),
            below(group),
            name.toString());
      }
      group = next;
    }
  }

  private String below(ConfigurationPropertyName group) {
    Set<String> below = new TreeSet<>();
    for (ConfigurationPropertyName name : names) {
      if (group.isParentOf(name)) {
        below.add(name.getLastElement(Form.DASHED));
      }
    }
    return String.join(", ", below);
  }
}
