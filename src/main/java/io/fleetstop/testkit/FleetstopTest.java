package io.fleetstop.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.core.annotation.AliasFor;
import org.springframework.test.context.TestPropertySource;

/**
 * A test slice of a Spring Boot application: fleetstop's auto-configuration and a simulated service
 * alone. {@code EcsClient} and {@code FleetShutdown} beans call the {@code EcsSimulator} bean.
 * Other components of the application are added with {@code @Import}.
 *
 * <p>The simulator has 100 running instances; a bean of type {@code EcsSimulatorBuilder} in a
 * {@code @TestConfiguration} replaces them. It lives as long as the application context, which
 * Spring shares between test classes: give each test instances of its own.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE)
@TestPropertySource(
    properties = {"spring.boot.enableautoconfiguration=false", "fleetstop.region=cn-beijing"})
@TypeExcludeFilters(NoComponentFilter.class)
@ImportAutoConfiguration({
  io.fleetstop.spring.FleetstopAutoConfiguration.class,
  SimulatorTestConfiguration.class
})
public @interface FleetstopTest {

  /** Properties of the test, as {@code name=value}. */
  @AliasFor(annotation = SpringBootTest.class, attribute = "properties")
  String[] properties() default {};
}
