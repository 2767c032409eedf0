"""What-ifs: questions that take more than one plan, each answered by a `Study`."""
