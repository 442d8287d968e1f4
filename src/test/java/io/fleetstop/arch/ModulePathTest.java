package io.fleetstop.arch;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library on the module path: an automatic module with a name of its own. */
class ModulePathTest {

  private static final Pattern NAME =
      Pattern.compile("<Automatic-Module-Name>([^<]+)</Automatic-Module-Name>");

  /** What the library needs at run time. */
  private static final Pattern LIBRARIES =
      Pattern.compile(
          ".*/(reactor-(core|netty)|reactive-streams-1|netty-(?!pkitesting)|jackson-|slf4j-api|jspecify).*jar");

  @TempDir private Path directory;
  private Path jar = Path.of("");

  @BeforeEach
  void packTheClasses() throws IOException {
    Matcher name = NAME.matcher(Files.readString(Path.of("pom.xml")));
    assertThat(name.find()).isTrue();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Automatic-Module-Name", name.group(1));
    jar = directory.resolve("classes.jar");
    Path classes = Path.of("target/classes");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String entry = classes.relativize(file).toString().replace(File.separatorChar, '/');
        if (!entry.equals("META-INF/MANIFEST.MF")) {
          out.putNextEntry(new JarEntry(entry));
          Files.copy(file, out);
        }
      }
    }
  }

  @Test
  void module_hasItsNameAndEveryPackage() {
    ModuleDescriptor module = ModuleFinder.of(jar).find("io.fleetstop").orElseThrow().descriptor();

    assertThat(module.isAutomatic()).isTrue();
    assertThat(module.packages())
        .contains("io.fleetstop", "io.fleetstop.fleet", "io.fleetstop.testkit")
        .allMatch(name -> name.startsWith("io.fleetstop"));
  }

  /** Without Spring, Micrometer and the command line, which are optional. */
  @Test
  void client_isBuiltOnTheModulePath() throws Exception {
    List<Path> libraries =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> LIBRARIES.matcher(entry).matches())
            .filter(entry -> !entry.contains("/jackson-core-2") && !entry.contains("-databind-2"))
            .map(Path::of)
            .toList();
    ModuleFinder finder =
        ModuleFinder.compose(ModuleFinder.of(jar), ModuleFinder.of(libraries.toArray(Path[]::new)));
    // As --add-modules ALL-MODULE-PATH: an automatic module names none that it requires.
    Set<String> all =
        finder.findAll().stream().map(module -> module.descriptor().name()).collect(toSet());
    Configuration modules =
        ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), all);
    ClassLoader loader =
        ModuleLayer.boot()
            .defineModulesWithOneLoader(modules, ClassLoader.getPlatformClassLoader())
            .findLoader("io.fleetstop");

    Class<?> client = loader.loadClass("io.fleetstop.EcsClient");
    Object built = client.getMethod("create", String.class).invoke(null, "cn-beijing");

    assertThat(client.getModule().getName()).isEqualTo("io.fleetstop");
    assertThat(built).isInstanceOf(client);
    client.getMethod("close").invoke(built);
  }
}
