"""Passes benchmark lines (one JSON object each) through as they come and ends with a table of them."""
import json
import sys


def figure(value):
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def row(line):
    baseline = line.get("baseline") or {}
    parameters = " ".join(f"{key}={value}" for key, value in line.get("params", {}).items())
    return [line["bench"], parameters, figure(line["value"]), line.get("unit", ""), figure(line.get("p50_us")),
            figure(line.get("p99_us")), baseline.get("name", ""), figure(baseline.get("value")), figure(line.get("ratio"))]


def main():
    rows = [["benchmark", "parameters", "value", "unit", "p50 us", "p99 us", "baseline", "its value", "ratio"]]
    for text in sys.stdin:
        print(text, end="", flush=True)
        if text.startswith("{"):
            rows.append(row(json.loads(text)))
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())


if __name__ == "__main__":
    main()
