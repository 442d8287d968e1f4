package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.model.EcsAction.Idempotency;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DescribeInstancesTest {

  @Test
  void withoutFilter_matchesAll() {
    assertThat(DescribeInstances.builder().build().parameters())
        .isEqualTo(Map.of("MaxResults", "100"));
  }

  @Test
  void everyFilter_isSent() {
    DescribeInstances request =
        DescribeInstances.builder()
            .status("RUNNING")
            .zoneId("cn-beijing-a")
            .vpcId("vpc-1")
            .projectName("default")
            .tag("env", "test", "dev")
            .tag("owner")
            .pageSize(20)
            .build();

    assertThat(request.parameters())
        .isEqualTo(
            Map.of(
                "Status", "RUNNING",
                "ZoneId", "cn-beijing-a",
                "VpcId", "vpc-1",
                "ProjectName", "default",
                "TagFilters.1.Key", "env",
                "TagFilters.1.Values.1", "test",
                "TagFilters.1.Values.2", "dev",
                "TagFilters.2.Key", "owner",
                "MaxResults", "20"));
  }

  @Test
  void ids_areNumberedFromOneInOrder() {
    assertThat(DescribeInstances.ofIds(ids(3)).parameters())
        .isEqualTo(
            Map.of(
                "InstanceIds.1", "i-0",
                "InstanceIds.2", "i-1",
                "InstanceIds.3", "i-2",
                "MaxResults", "100"));
  }

  @Test
  void ids_areOneToAHundred() {
    assertThat(DescribeInstances.ofIds(ids(100)).parameters()).hasSize(101);
    assertThatThrownBy(() -> DescribeInstances.ofIds(ids(101)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceIds must have 1 to 100 entries, has 101");
    assertThatThrownBy(() -> DescribeInstances.ofIds(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceIds must have 1 to 100 entries, has 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 101})
  void pageSize_isOneToAHundred(int size) {
    assertThatThrownBy(() -> DescribeInstances.builder().pageSize(size))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("MaxResults must be 1 to 100, was " + size);
  }

  @Test
  void tagFilters_areAtMostTenWithThreeValues() {
    DescribeInstances.Builder builder = DescribeInstances.builder();
    assertThatThrownBy(() -> builder.tag("k", "1", "2", "3", "4"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("TagFilters.Values must have at most 3 entries, has 4");
    for (int i = 0; i < 10; i++) {
      builder.tag("k" + i, "1", "2", "3");
    }
    assertThatThrownBy(() -> builder.tag("k10"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("TagFilters must have at most 10 entries");
  }

  @Test
  void blankFilter_isRefused() {
    assertThatThrownBy(() -> DescribeInstances.builder().status(" "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Status must not be blank");
  }

  @Test
  void nextPage_keepsTheFilters() {
    DescribeInstances first = DescribeInstances.builder().status("RUNNING").build();

    assertThat(first.withNextToken("page-2").parameters())
        .isEqualTo(Map.of("Status", "RUNNING", "MaxResults", "100", "NextToken", "page-2"));
    assertThat(first.parameters()).doesNotContainKey("NextToken");
  }

  @Test
  void reusedBuilder_leavesBuiltRequests() {
    DescribeInstances.Builder builder = DescribeInstances.builder().status("RUNNING");
    DescribeInstances first = builder.build();

    builder.zoneId("cn-beijing-a");

    assertThat(first.parameters()).doesNotContainKey("ZoneId");
  }

  @Test
  void describe_isReadOnly() {
    DescribeInstances request = DescribeInstances.builder().build();

    assertThat(request.action()).isEqualTo("DescribeInstances");
    assertThat(request.idempotency()).isEqualTo(Idempotency.READ);
    assertThat(request.clientToken()).isNull();
    assertThat(request.withClientToken("ignored")).isSameAs(request);
  }

  private static List<InstanceId> ids(int count) {
    return IntStream.range(0, count).mapToObj(i -> InstanceId.of("i-" + i)).toList();
  }
}
